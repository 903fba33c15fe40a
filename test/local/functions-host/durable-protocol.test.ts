import { RetryOptions } from 'durable-functions';
import { describe, expect, it } from 'vitest';
import { ReplayError } from '../../../local/functions-host/durable/commands.ts';
import { EventType } from '../../../local/functions-host/durable/history.ts';
import { type Plan, planEpisode } from '../../../local/functions-host/durable/protocol.ts';
import { completed, failed, fired, raised, START, World } from './durable-world.ts';

const ids = ({ newCommands }: Plan) => newCommands.map(({ id, kind }) => `${id} ${kind}`);

describe('the plan of an episode', () => {
  it('numbers what is waited for, in order, and lists only what is new', async () => {
    const world = new World(function* (context) {
      yield context.df.Task.all([context.df.callActivity('a'), context.df.callActivity('b')]);
      yield context.df.callActivity('c');
    });
    expect(ids(await world.episode())).toEqual(['0 activity', '1 activity']);
    expect(ids(await world.episode(completed(1)))).toEqual([]);
    expect(ids(await world.episode(completed(0)))).toEqual(['2 activity']);
    expect(await world.episode(completed(2))).toMatchObject({ isDone: true, openItems: 0 });
  });

  it('has a timer after each failed attempt, and one due at once after the last', async () => {
    const world = new World(function* (context) {
      const options = new RetryOptions(1000, 3);
      options.backoffCoefficient = 3;
      options.maxRetryIntervalInMilliseconds = 2000;
      try {
        yield context.df.callActivityWithRetry('a', options);
      } catch {
        yield context.df.callActivity('b');
      }
    });
    const fireAt = ({ newCommands: [command] }: Plan) =>
      command?.kind === 'timer' ? command.fireAt - START : undefined;
    await world.episode();
    expect(fireAt(await world.episode(failed(0)))).toBe(1000);
    expect(ids(await world.episode(fired(1)))).toEqual(['2 activity']);
    expect(fireAt(await world.episode(failed(2)))).toBe(2000);
    expect(ids(await world.episode(fired(3)))).toEqual(['4 activity']);
    expect(fireAt(await world.episode(failed(4)))).toBe(0);
    expect(ids(await world.episode(fired(5)))).toEqual(['6 activity']);
  });

  it('cancels a timer that lost, though the replay shows it as cancelled from its beginning', async () => {
    const world = new World(function* (context) {
      const timer = context.df.createTimer(new Date(START + 60_000));
      const call = context.df.callActivityWithRetry('a', new RetryOptions(1000, 2));
      yield context.df.Task.any([timer, call]);
      timer.cancel();
      yield context.df.callActivity('b');
    });
    expect(ids(await world.episode())).toEqual(['0 timer', '1 activity']);
    expect(ids(await world.episode(failed(1)))).toEqual(['2 timer']);
    expect(ids(await world.episode(fired(2)))).toEqual(['3 activity']);
    const plan = await world.episode(completed(3));
    expect(ids(plan)).toEqual(['4 activity']);
    expect(plan.cancelledTimers).toEqual([0]);
    expect(await world.episode(completed(4))).toMatchObject({ isDone: true, openItems: 0 });
  });

  it('counts what was started and not waited for to the end as open', async () => {
    const world = new World(function* (context) {
      yield context.df.Task.any([context.df.callActivity('a'), context.df.callActivity('b')]);
    });
    await world.episode();
    expect(await world.episode(completed(0))).toMatchObject({ isDone: true, openItems: 1 });
    expect(await world.episode(completed(1))).toMatchObject({ isDone: true, openItems: 0 });
  });

  it('keeps events for those who wait later, and serves the last waiter first', async () => {
    const world = new World(function* (context) {
      const first: unknown = yield context.df.waitForExternalEvent('E');
      const rest: unknown = yield context.df.Task.all([
        context.df.waitForExternalEvent('E'),
        context.df.waitForExternalEvent('E'),
      ]);
      return [first, rest];
    });
    await world.episode();
    await world.episode(raised('e', 'another name'), raised('E', 1));
    const { output, unconsumedEvents } = await world.episode(raised('E', 2), raised('E', 3));
    expect(output).toEqual([1, [3, 2]]);
    expect(unconsumedEvents.map(({ Name }) => Name)).toEqual(['e']);
  });

  it('hands on the events nobody took when the orchestrator continues as new', async () => {
    const world = new World(function* (context) {
      yield context.df.waitForExternalEvent('E');
      context.df.continueAsNew({ next: 1 });
    });
    await world.episode();
    const plan = await world.episode(raised('E', 1), raised('E', 2), raised('F', 3));
    expect(plan.isDone).toBe(true);
    expect(plan.unconsumedEvents.map(({ Input }) => Input)).toEqual(['2', '3']);
  });

  it('follows an orchestrator that goes back to a task of a group that failed early', async () => {
    const world = new World(function* (context) {
      const tasks = [
        context.df.callActivity('a'),
        context.df.callActivityWithRetry('b', new RetryOptions(1000, 2)),
      ] as const;
      try {
        yield context.df.Task.all([...tasks]);
      } catch {
        yield tasks[1];
      }
      yield context.df.callActivity('c');
    });
    await world.episode();
    await world.episode(failed(0));
    expect(ids(await world.episode(failed(1)))).toEqual(['2 timer']);
    expect(ids(await world.episode(fired(2)))).toEqual(['3 activity']);
    expect(ids(await world.episode(completed(3)))).toEqual(['4 activity']);
  });

  it('refuses an orchestrator that does something else than its history says', () => {
    const world = new World(function* () {});
    world.add({ EventType: EventType.TaskScheduled, Name: 'a', Input: null }, 0);
    const plan = () => planEpisode([{ actionType: 0, functionName: 'b' }], world.history);
    expect(plan).toThrow(ReplayError);
    expect(plan).toThrow(/item 0 is a call of 'a' in the history/);
  });

  it.each([
    ['CallHttp', 8],
    ['CallEntity', 7],
    ['SignalEntity', 9],
    ['LockEntities', 13],
  ] as const)('refuses %s by name', (name, actionType) => {
    const { history } = new World(function* () {});
    expect(() => planEpisode([{ actionType }], history)).toThrow(`${name} is not supported`);
  });
});
