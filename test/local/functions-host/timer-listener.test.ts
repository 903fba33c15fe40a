import { describe, expect, it } from 'vitest';
import type { AppFunction } from '../../../local/functions-host/app-function.ts';
import type { RpcRetryOptions } from '../../../local/functions-host/core-types.ts';
import { TimerListener } from '../../../local/functions-host/timer/listener.ts';
import { ScheduleStatusStore } from '../../../local/functions-host/timer/status-store.ts';
import type { Invocation } from '../../../local/functions-host/worker.ts';
import { newFolder, VirtualClock } from './support.ts';

interface TimerInfo {
  IsPastDue: boolean;
  ScheduleStatus: { Last: string; Next: string };
}

interface Trigger {
  readonly schedule: string;
  readonly runOnStartup?: boolean;
  readonly useMonitor?: boolean;
}

/** One timer on a clock of its own; `runs` are the moments at which it ran and what it was told. */
function timer(
  trigger: Trigger,
  more: { start?: string; folder?: string; retry?: RpcRetryOptions; handler?: (run: number) => Promise<void> } = {},
) {
  const clock = new VirtualClock(more.start ?? '2026-01-01T00:00:00Z');
  const runs: { at: string; info: TimerInfo; retryCount: number | undefined }[] = [];
  const invoke = async (_: AppFunction, { data, retryContext }: Invocation) => {
    const at = new Date(clock.now()).toISOString().slice(11, 19);
    runs.push({ at, info: JSON.parse(data.json ?? ''), retryCount: retryContext?.retryCount });
    await more.handler?.(runs.length);
  };
  const binding = { type: 'timerTrigger', direction: 'in' as const, ...trigger };
  const metadata = { name: 'tick', bindings: { t: binding }, ...(more.retry && { retryOptions: more.retry }) };
  const fn: AppFunction = {
    name: 'tick',
    metadata,
    callback: () => {},
    triggerName: 't',
    trigger: binding,
    extraInputs: [],
  };
  const store = new ScheduleStatusStore(more.folder ?? newFolder());
  const listener = new TimerListener(fn, { invoke, clock, store, settings: { EVERY: '0 */5 * * * *' }, log: () => {} });
  listener.start();
  return { clock, runs, listener, times: () => runs.map(({ at }) => at) };
}

describe('a timer', () => {
  it('runs at each occurrence and tells last and next', async () => {
    const { clock, runs, times } = timer({ schedule: '0 */5 * * * *' });
    await clock.advanceTo('2026-01-01T00:11:00Z');
    expect(times()).toEqual(['00:05:00', '00:10:00']);
    expect(runs[0]?.info).toEqual({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: '0001-01-01T00:00:00+00:00',
        Next: '2026-01-01T00:05:00.000+00:00',
        LastUpdated: '2026-01-01T00:00:00.000+00:00',
      },
      IsPastDue: false,
    });
    expect(runs[1]?.info.ScheduleStatus.Last).toBe('2026-01-01T00:05:00.000+00:00');
  });

  it('takes its schedule from a setting', async () => {
    const { clock, times } = timer({ schedule: '%EVERY%' });
    await clock.advanceTo('2026-01-01T00:05:00Z');
    expect(times()).toEqual(['00:05:00']);
    expect(() => timer({ schedule: '%MISSING%' })).toThrow('MISSING');
  });

  it('runs at once on startup when it wants to', async () => {
    const { clock, runs, times } = timer({ schedule: '0 */5 * * * *', runOnStartup: true });
    await clock.advanceTo('2026-01-01T00:05:00Z');
    expect(times()).toEqual(['00:00:00', '00:05:00']);
    expect(runs[0]?.info.IsPastDue).toBe(false);
  });

  it('never overlaps with itself: occurrences during a run are left out', async () => {
    const gate = Promise.withResolvers<void>();
    const handler = (run: number) => (run === 1 ? gate.promise : Promise.resolve());
    const { clock, times } = timer({ schedule: '0 */5 * * * *' }, { handler });
    await clock.advanceTo('2026-01-01T00:17:00Z');
    expect(times()).toEqual(['00:05:00']);
    gate.resolve();
    await clock.advanceTo('2026-01-01T00:21:00Z');
    expect(times()).toEqual(['00:05:00', '00:20:00']);
  });

  it('goes on after a run that failed', async () => {
    const { clock, times } = timer({ schedule: '0 */5 * * * *' }, { handler: () => Promise.reject(new Error('no')) });
    await clock.advanceTo('2026-01-01T00:11:00Z');
    expect(times()).toEqual(['00:05:00', '00:10:00']);
  });

  it('waits for an occurrence that is more than 25 days away', async () => {
    const { clock, times } = timer({ schedule: '0 0 12 1 6 *' });
    await clock.advanceTo('2026-06-01T11:59:59Z');
    expect(times()).toEqual([]);
    await clock.advanceTo('2026-06-01T12:00:00Z');
    expect(times()).toEqual(['12:00:00']);
  });

  it('that is stopped runs no more', async () => {
    const { clock, listener, times } = timer({ schedule: '0 */5 * * * *' });
    listener.stop();
    await clock.advanceTo('2026-01-01T00:11:00Z');
    expect(times()).toEqual([]);
  });
});

describe('a timer after a restart', () => {
  async function restart(trigger: Trigger, at: string, changed: Trigger = trigger) {
    const folder = newFolder();
    const before = timer(trigger, { folder });
    await before.clock.advanceTo('2026-01-01T00:06:00Z');
    before.listener.stop();
    const after = timer(changed, { folder, start: at });
    await after.clock.advanceTo(at);
    return after.runs;
  }

  it('makes up once for what it missed', async () => {
    const runs = await restart({ schedule: '0 */5 * * * *' }, '2026-01-01T03:02:00Z');
    expect(runs).toHaveLength(1);
    expect(runs[0]?.info).toMatchObject({
      IsPastDue: true,
      ScheduleStatus: { Last: '2026-01-01T00:05:00.000+00:00', Next: '2026-01-01T00:10:00.000+00:00' },
    });
  });

  it('has nothing to make up for before the next occurrence', async () => {
    expect(await restart({ schedule: '0 */5 * * * *' }, '2026-01-01T00:09:00Z')).toEqual([]);
  });

  it('does not make up when it is not monitored', async () => {
    expect(await restart({ schedule: '0 */5 * * * *', useMonitor: false }, '2026-01-01T03:02:00Z')).toEqual([]);
  });

  it('that comes more often than once a minute is not monitored unless it asks for it', async () => {
    expect(await restart({ schedule: '*/30 * * * * *' }, '2026-01-01T03:00:01Z')).toEqual([]);
    expect(await restart({ schedule: '*/30 * * * * *', useMonitor: true }, '2026-01-01T03:00:01Z')).toHaveLength(1);
  });

  it('goes by its new schedule when that has changed', async () => {
    const changed = { schedule: '0 0 4 * * *' };
    expect(await restart({ schedule: '0 */5 * * * *' }, '2026-01-01T03:02:00Z', changed)).toEqual([]);
    expect(await restart({ schedule: '0 */5 * * * *' }, '2026-01-01T05:00:00Z', changed)).toHaveLength(1);
  });
});

describe('a retry policy', () => {
  const failing = (failures: number) => (run: number) =>
    run <= failures ? Promise.reject(new Error(`failure ${run}`)) : Promise.resolve();

  it('with a fixed delay tries again as often as it says', async () => {
    const retry: RpcRetryOptions = { retryStrategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { seconds: 10 } };
    const { clock, runs, times } = timer({ schedule: '0 */5 * * * *' }, { retry, handler: failing(9) });
    await clock.advanceTo('2026-01-01T00:06:00Z');
    expect(times()).toEqual(['00:05:00', '00:05:10', '00:05:20']);
    expect(runs.map(({ retryCount }) => retryCount)).toEqual([undefined, 1, 2]);
  });

  it('with exponential back-off doubles its delay up to the maximum', async () => {
    const retry: RpcRetryOptions = {
      retryStrategy: 'exponentialBackoff',
      maxRetryCount: -1,
      minimumInterval: { seconds: 2 },
      maximumInterval: { seconds: 5 },
    };
    const { clock, times } = timer({ schedule: '0 */5 * * * *' }, { retry, handler: failing(4) });
    await clock.advanceTo('2026-01-01T00:06:00Z');
    expect(times()).toEqual(['00:05:00', '00:05:02', '00:05:06', '00:05:11', '00:05:16']);
  });
});
