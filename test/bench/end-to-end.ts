import { REQUESTS_PER_S } from '../../shared/control/organizations.port.ts';
import { type Figures, percentile, round } from './figures.ts';
import { activeProfile, type Bench, synchronized, verify, withInstallation } from './installation.ts';
import { lagsOf, VersionTimes } from './lags.ts';
import { countMessages } from './messages.ts';
import type { Part } from './part.ts';
import { watchCpu } from './processes.ts';
import { definitionOf, tableNames } from './tables.ts';

const CHANGES_PER_S = 2_000;
const SECONDS = 60;
const MIX = { create: 20, update: 70, delete: 10 };
const ROWS = 100_000;
const SYNC_WITHIN_MS = 300_000;
/** The pace is that of requests over so long. */
const WINDOW_S = 300;
/** What the stream may stay behind its rate in all, for it is looked at from outside. */
const RATE_TOLERANCE = 0.01;

/** Changes made in the organization at a steady rate, from there to their commit; `storm`: the messages that this takes. */
export const endToEnd: Part = {
  names: ['endToEnd', 'endToEnd.e50', 'storm'],
  async run(figures, chosen) {
    if (chosen('endToEnd')) await measure(figures, 'endToEnd', 1, 2_000);
    if (chosen('endToEnd.e50') || chosen('storm')) await measure(figures, 'endToEnd.e50', 50, 8_000);
  },
};

async function measure(figures: Figures, name: string, entities: number, lagMaxMs: number): Promise<void> {
  await withInstallation(async (bench) => {
    const tables = tableNames(entities);
    await bench.organization.command('define', { definitions: tables.map(definitionOf) });
    for (const entity of tables) await bench.organization.command('seed', { entity, rows: ROWS / entities });
    const profile = await activeProfile(bench, tables);
    await synchronized(bench, profile, SYNC_WITHIN_MS);
    const count = await countMessages(bench, ['reads', 'applies']);
    const { lags, seconds, requests, cpu } = await stream(bench, figures, name, tables);
    const messages = await count();
    const changesPerSecond = round((CHANGES_PER_S * SECONDS) / seconds);
    figures.report(
      name,
      {
        lagP50Ms: Math.round(percentile(lags, 0.5)),
        lagP99Ms: Math.round(percentile(lags, 0.99)),
        lagMaxMs: Math.round(percentile(lags, 1)),
        lagsMeasured: lags.length,
        changesPerSecond,
        sourceRequestsPer300s: requestsOfWindow(requests, seconds),
        ...Object.fromEntries(Object.entries(cpu).map(([part, used]) => [`cpu.${part}`, round(used)])),
      },
      {
        lagP99Ms: `<= ${lagMaxMs}`,
        changesPerSecond: `>= ${CHANGES_PER_S * (1 - RATE_TOLERANCE)}`,
        sourceRequestsPer300s: '<= 3000',
      },
    );
    if (entities > 1)
      figures.report('storm', { messagesPerSecond: round(messages / seconds) }, { messagesPerSecond: '<= 50' });
  });
}

/** What a window of 300 s would come to: the pace lets nothing above its rate through once its burst is used up. */
function requestsOfWindow(requests: number, seconds: number): number {
  const rate = Math.min(requests / seconds, REQUESTS_PER_S);
  return Math.round(requests + rate * (WINDOW_S - seconds));
}

async function stream(bench: Bench, figures: Figures, name: string, tables: readonly string[]) {
  const times = new VersionTimes(bench.organization);
  const { version, requests } = await times.look();
  const began = performance.now();
  const cpuUsed = watchCpu(bench.installation.states());
  const count = CHANGES_PER_S * SECONDS;
  await bench.organization.command('startStream', { rate: CHANGES_PER_S, count, mix: MIX, entities: tables });
  let requestsMade = 0;
  await times.watch((status) => {
    figures.progress(name, status.stream.issued, count);
    requestsMade = status.requests.total - requests.total;
    return status.stream.done;
  });
  const seconds = (performance.now() - began) / 1000;
  const cpu = cpuUsed();
  await verify(bench, tables);
  const lags = await lagsOf(
    bench.destination,
    tables.map((table) => `dbo.${table}`),
    version,
    times,
  );
  return { lags, seconds, requests: requestsMade, cpu };
}
