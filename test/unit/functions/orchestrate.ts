import type { OrchestrationContext } from 'durable-functions';

type Orchestration = (context: OrchestrationContext) => Generator<unknown, unknown, never>;

/** Runs an orchestration whose activities answer from a list, in order; a plain `callActivity` would be without retry. */
export function orchestrate(orchestration: Orchestration, input: unknown, answers: readonly object[]) {
  const calls: { activity: string; input: unknown }[] = [];
  /** When each timer was to ring, in ms after the beginning. */
  const timers: number[] = [];
  const statuses: unknown[] = [];
  let continued: unknown = null;
  const df = {
    getInput: () => input,
    currentUtcDateTime: new Date(0),
    setCustomStatus: (status: unknown) => void statuses.push(status),
    callActivityWithRetry: (activity: string, _retry: unknown, given: unknown) => ({ activity, input: given }),
    createTimer: (until: Date) => ({ until }),
    continueAsNew: (next: unknown) => {
      continued = next;
    },
  };
  const run = orchestration({ df } as unknown as OrchestrationContext);
  const waiting = [...answers];
  let moment = run.next();
  while (!moment.done) {
    const asked = moment.value as { activity: string; input: unknown } | { until: Date };
    if ('activity' in asked) calls.push(asked);
    else timers.push(asked.until.getTime());
    moment = run.next(('activity' in asked ? waiting.shift() : undefined) as never);
  }
  return { calls, timers, result: moment.value, status: statuses.at(-1), continued };
}
