import { pick } from '../../local/dataverse/model/random.ts';
import type { TcpProxy } from '../../local/support/tcp-proxy.ts';
import { lagFigures, percentile } from './canary.ts';
import { load } from './load.ts';
import { type Pair, withProxy } from './proxied.ts';
import { comeToRest, restlessness } from './rest.ts';
import type { Chaos, Outcome, Scenario } from './scenario.ts';
import { onSite, type Site } from './site.ts';

const ROWS = 2_000;
const CHANGES_PER_S = 100;
const SECONDS = 45;
const QUICK_SECONDS = 15;
/** What the product promises to whoever shares nothing with the broken destination but the installation. */
const LAG_RATIO_MAX = 2;
const HEALED_WITHIN_MS = 240_000;
const PROBE_S = 5;

/** A way of breaking connections, for as long as the load lasts. */
interface Fault {
  readonly name: string;
  readonly what: string;
  begin(proxy: TcpProxy, chaos: Chaos): void;
  readonly everyMs?: number;
  again?(proxy: TcpProxy, chaos: Chaos): void;
  end(proxy: TcpProxy): void;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'reset',
    what: 'connections are reset four times a second',
    begin: (proxy) => proxy.reset(),
    everyMs: 250,
    again: (proxy) => proxy.reset(),
    end: () => undefined,
  },
  {
    name: 'hang',
    what: 'connections stay open and nothing passes',
    begin: (proxy) => proxy.freeze(),
    end: (proxy) => proxy.thaw(),
  },
  {
    name: 'half-open',
    what: 'connections are dead every ten seconds; their clients are never told, the server half of the time',
    begin: (proxy) => proxy.halfOpen(false),
    everyMs: 10_000,
    again: (proxy, { random }) => proxy.halfOpen(random() < 0.5),
    end: () => undefined,
  },
  {
    name: 'cut',
    what: 'half of the connections that commit are cut, after COMMIT was sent or with its answer on the way',
    begin: (proxy, { random }) => proxy.cutCommits(() => pick(random, ['sent', 'answered', null, null])),
    end: (proxy) => proxy.cutCommits(() => null),
  },
];

export const proxyScenarios: readonly Scenario[] = FAULTS.map((fault) => ({
  name: `proxy.${fault.name}`,
  what: `before one destination of two ${fault.what}`,
  run: (chaos) =>
    onSite(chaos, { rows: ROWS, settings: { FRESHET_PROBE_INTERVAL_S: String(PROBE_S) } }, (site) =>
      withProxy(site, (pair) => disturb(site, chaos, fault, pair)),
    ),
}));

/** The lag of the healthy profile before and during the fault, then both tables. */
async function disturb(site: Site, chaos: Chaos, fault: Fault, { healthy, proxied, proxy }: Pair): Promise<Outcome> {
  const count = (chaos.quick ? QUICK_SECONDS : SECONDS) * CHANGES_PER_S;
  const common = { count, perSecond: CHANGES_PER_S, watched: healthy };
  const before = await load(site, chaos, { ...common, label: 'undisturbed' });
  fault.begin(proxy, chaos);
  const during = await load(site, chaos, { ...common, label: fault.name, meanwhile: repeated(fault, proxy, chaos) });
  const troubleSeen = await restlessness(site, proxied);
  fault.end(proxy);
  const rest = await comeToRest(site, { withinMs: HEALED_WITHIN_MS, exact: true });
  const { problems, seconds: healedAfterS, ...compared } = rest;
  const lagRatio = Math.round(100 * (percentile(during, 0.99) / percentile(before, 0.99))) / 100;
  if (lagRatio > LAG_RATIO_MAX) problems.push(`the healthy profile's p99 lag rose to ${lagRatio} times of before`);
  const lags = { ...lagFigures(during, before), lagRatio };
  return { figures: { changes: count, ...lags, troubleSeen, healedAfterS, ...compared }, problems };
}

function repeated({ everyMs = Number.POSITIVE_INFINITY, again }: Fault, proxy: TcpProxy, chaos: Chaos): () => void {
  let next = performance.now() + everyMs;
  return () => {
    if (performance.now() < next) return;
    again?.(proxy, chaos);
    next += everyMs;
  };
}
