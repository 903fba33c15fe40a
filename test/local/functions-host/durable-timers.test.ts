import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seenOf } from './app/probe.ts';
import { Orchestrations, startTestHost, type TestHost, VirtualClock, waitFor } from './support.ts';

const DAY_MS = 86_400_000;
const START = '2026-01-01T00:00:00Z';

let host: TestHost;
let clock: VirtualClock;
let orchestrations: Orchestrations;

beforeAll(async () => {
  clock = new VirtualClock(START);
  host = await startTestHost({ clock });
  orchestrations = new Orchestrations(host.origin, host.keys.systemKey);
});
afterAll(() => host.stop());

const later = (ms: number) => new Date(Date.parse(START) + ms).toISOString();
const running = ({ runtimeStatus }: { runtimeStatus: string }) => runtimeStatus === 'Running';

describe('with a clock that a test moves', () => {
  it('timers of the app ran on startup, and one started an orchestration', async () => {
    await waitFor(() => seenOf('onStartup').length === 1);
    const startNow = (name: string) =>
      host.call('POST', `admin/functions/${name}`, { headers: { 'x-functions-key': host.keys.masterKey } });
    expect((await startNow('starter')).response.status).toBe(202);
    await waitFor(async () => (await orchestrations.webhook('GET', 'instances/by-timer')).status === 200);
    expect((await orchestrations.status('by-timer')).output).toMatchObject({ got: 'timer' });
    expect((await startNow('nobody')).response.status).toBe(404);
    expect((await host.call('POST', 'admin/functions/starter')).response.status).toBe(401);
  });

  it('a durable timer of 30 days fires after 30 days, not before', async () => {
    await orchestrations.start('sleeps', 'month', { ms: 30 * DAY_MS });
    await orchestrations.until('month', running);
    await clock.advanceTo(later(30 * DAY_MS - 1));
    expect((await orchestrations.status('month')).runtimeStatus).toBe('Running');
    await clock.advanceTo(later(30 * DAY_MS));
    expect((await orchestrations.over('month')).output).toBe(later(30 * DAY_MS));
  });

  it('the hourly timer has run each hour of that month', () => {
    expect(seenOf('hourly')).toHaveLength(30 * 24);
  });

  it('a handler that runs longer than functionTimeout fails', async () => {
    const answer = host.call('GET', 'hangs');
    await waitFor(() => host.worker.running === 1);
    await clock.advanceTo(later(30 * DAY_MS + 6 * 60_000));
    expect((await answer).response.status).toBe(500);
    expect(host.lines.join('\n')).toContain('Timeout value of 300 s was exceeded by function: Functions.hangs');
  });
});
