import { lagFigures } from './canary.ts';
import { load } from './load.ts';
import { type Pair, withProxy } from './proxied.ts';
import { comeToRest, restlessness } from './rest.ts';
import type { Chaos, Outcome, Scenario } from './scenario.ts';
import { onSite, type Site } from './site.ts';

const ROWS = 2_000;
const CHANGES_PER_S = 200;
const SECONDS = 600;
const QUICK_SECONDS = 30;
const BASELINE_SECONDS = 45;
const HEALED_WITHIN_MS = 300_000;
const PROBE_S = 5;

export const outageScenarios: readonly Scenario[] = [
  {
    name: 'outage',
    what: `a destination cannot be reached for ${SECONDS / 60} minutes at ${CHANGES_PER_S} changes/s`,
    run: (chaos) =>
      onSite(chaos, { rows: ROWS, settings: { FRESHET_PROBE_INTERVAL_S: String(PROBE_S) } }, (site) =>
        withProxy(site, (pair) => cutOff(site, chaos, pair)),
      ),
  },
];

async function cutOff(site: Site, chaos: Chaos, { healthy, proxied, proxy }: Pair): Promise<Outcome> {
  const common = { perSecond: CHANGES_PER_S, watched: healthy };
  const before = await load(site, chaos, { ...common, count: BASELINE_SECONDS * CHANGES_PER_S, label: 'undisturbed' });
  const changes = (chaos.quick ? QUICK_SECONDS : SECONDS) * CHANGES_PER_S;
  proxy.refuse(true);
  const during = await load(site, chaos, { ...common, count: changes, label: 'outage' });
  const troubleSeen = await restlessness(site, proxied);
  proxy.refuse(false);
  const rest = await comeToRest(site, { withinMs: HEALED_WITHIN_MS, exact: true });
  const { problems, seconds: healedAfterS, ...compared } = rest;
  if (!troubleSeen?.includes('Waiting')) problems.push(`the profile did not say that it waits: ${troubleSeen}`);
  return { figures: { changes, ...lagFigures(during, before), troubleSeen, healedAfterS, ...compared }, problems };
}
