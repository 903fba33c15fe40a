import type * as df from 'durable-functions';
import { RetryOptions } from 'durable-functions';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../local/functions-host/durable/commands.ts';
import { type EventFacts, EventType } from '../../../local/functions-host/durable/history.ts';
import { completed, failed, fired, raised, World } from './durable-world.ts';

/** A small language of orchestrators. `fails`: how often the call fails before it succeeds. */
type Step =
  | { readonly kind: 'call'; readonly label: number; readonly fails: number; readonly attempts: number }
  | { readonly kind: 'sub'; readonly label: number }
  | { readonly kind: 'timer'; readonly ms: number; readonly cancel: boolean }
  | { readonly kind: 'event'; readonly name: string }
  | { readonly kind: 'all' | 'any'; readonly steps: readonly Step[] };

const leaf: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      label: fc.nat(1_000_000),
      fails: fc.nat(3),
      attempts: fc.integer({ min: 0, max: 3 }),
    }),
  },
  fc.record({ kind: fc.constant('sub' as const), label: fc.nat(1_000_000) }),
  fc.record({ kind: fc.constant('timer' as const), ms: fc.nat(1_000_000_000), cancel: fc.boolean() }),
  fc.record({ kind: fc.constant('event' as const), name: fc.constantFrom('E', 'F') }),
);
const program = fc.array(
  fc.letrec<{ step: Step }>((tie) => ({
    step: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      leaf,
      fc.record({
        kind: fc.constantFrom('all' as const, 'any' as const),
        steps: fc.array(tie('step'), { minLength: 1, maxLength: 4 }),
      }),
    ),
  })).step,
  { minLength: 1, maxLength: 5 },
);

/** Runs the program and checks that every result is the one of its own call. */
function orchestratorOf(steps: readonly Step[]): df.OrchestrationHandler {
  return function* (context) {
    for (const step of steps) {
      const cancellable: df.TimerTask[] = [];
      const task = toTask(step, context, cancellable);
      try {
        const result: unknown = yield task;
        if (step.kind === 'call' || step.kind === 'sub') {
          if (result !== step.label) throw new Error(`WRONG RESULT ${result} for ${step.label}`);
        }
      } catch (error) {
        if (String(error).includes('WRONG RESULT')) throw error;
      }
      for (const timer of cancellable) if (!timer.isCompleted) timer.cancel();
    }
    return 'end';
  };
}

function toTask(step: Step, context: df.OrchestrationContext, cancellable: df.TimerTask[]): df.Task {
  switch (step.kind) {
    case 'call': {
      const input = { label: step.label, fails: step.fails };
      return step.attempts === 0
        ? context.df.callActivity(`call-${step.label}`, input)
        : context.df.callActivityWithRetry(`call-${step.label}`, new RetryOptions(500, step.attempts), input);
    }
    case 'sub':
      return context.df.callSubOrchestrator(`sub-${step.label}`, { label: step.label });
    case 'timer': {
      const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + step.ms));
      if (step.cancel) cancellable.push(timer);
      return timer;
    }
    case 'event':
      return context.df.waitForExternalEvent(step.name);
    default: {
      const tasks = step.steps.map((inner) => toTask(inner, context, cancellable));
      return step.kind === 'all' ? context.df.Task.all(tasks) : context.df.Task.any(tasks);
    }
  }
}

/** Lets things happen in any order and any grouping until the host says that the instance is over. */
async function runToTheEnd(steps: readonly Step[], choose: (count: number) => number): Promise<unknown> {
  const world = new World(orchestratorOf(steps));
  const pending = new Map<number, Command>();
  const failures = new Map<string, number>();
  let plan = await world.episode();
  for (let turn = 0; turn < 300; turn += 1) {
    for (const command of plan.newCommands) pending.set(command.id, command);
    for (const id of plan.cancelledTimers) pending.delete(id);
    expect(plan.openItems).toBe(pending.size);
    if (plan.isDone && plan.openItems === 0) return plan.output;
    const happening: EventFacts[] = [];
    for (let left = 1 + choose(3); left > 0 && pending.size > 0; left -= 1) {
      const command = [...pending.values()][choose(pending.size)];
      if (command === undefined) break;
      pending.delete(command.id);
      if (command.kind === 'timer') world.now = Math.max(world.now, command.fireAt);
      happening.push(outcomeOf(command, failures));
    }
    if (happening.length === 0 || choose(4) === 0) happening.push(raised('E'), raised('F'));
    plan = await world.episode(...happening);
  }
  throw new Error('the orchestration never ends');
}

function outcomeOf(command: Command, failures: Map<string, number>): EventFacts {
  if (command.kind === 'timer') return fired(command.id);
  const { label, fails = 0 } = command.input as { label: number; fails?: number };
  if (command.kind === 'subOrchestration') {
    return { ...completed(command.id, label), EventType: EventType.SubOrchestrationInstanceCompleted } as EventFacts;
  }
  const failedBefore = failures.get(command.name) ?? 0;
  failures.set(command.name, failedBefore + 1);
  return failedBefore < fails ? failed(command.id) : completed(command.id, label);
}

describe('host and SDK', () => {
  it('agree on every number, whatever is called, fails, is retried or cancelled, in any order', async () => {
    const choices = fc.infiniteStream(fc.nat(1_000_000));
    await fc.assert(
      fc.asyncProperty(program, choices, async (steps, stream) => {
        const choose = (count: number) => (stream.next().value ?? 0) % count;
        expect(await runToTheEnd(steps, choose)).toBe('end');
      }),
      { numRuns: 300 },
    );
  });
});
