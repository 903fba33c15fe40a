import type { Profile, Subscribed } from '../../control/model.ts';
import type { Source } from '../../dataverse/port.ts';
import type { Destination } from '../../destination/port.ts';
import type { ExportPorts } from '../ports.ts';
import { initialSyncState } from '../profiles/profile-json.ts';
import type { Comparing, Next } from './comparing.ts';
import { Comparison } from './comparison.ts';
import { digitsFor, rangeCount } from './key-ranges.ts';
import { lookAgain } from './look-again.ts';
import { rowForm } from './row-form.ts';
import { compareExtras, compareRows, countIds } from './scan.ts';
import { confirmedTotal, type EntityWork, type Found, NOTHING_CONFIRMED, type Progress } from './work.ts';

/** What a step has at hand for all entities of a profile. */
export interface Step {
  readonly ports: ExportPorts;
  readonly profile: Profile;
  readonly source: Source;
  readonly destination: Destination;
  /** When it has to end, ms. */
  readonly end: number;
}

/** What became of an entity in a step; `afterMs`: it goes on then. */
export interface Stepped {
  readonly work: EntityWork;
  readonly afterMs: number | null;
}

/** So many that differ are settled before the walk goes on; if some stay, it ends there. */
const CANDIDATES_MAX = 5_000;
/** A definition that is not applied yet is waited for. */
const DEFINITION_MS = 5_000;

/** Goes on with one entity until it is done, has to wait, or the step ends. Rejects as `Source` and `Destination` do. */
export async function compareEntity(step: Step, work: EntityWork): Promise<Stepped> {
  const { ports, profile } = step;
  const subscriptions = await ports.control.profiles.subscriptions(profile.id);
  const subscribed = subscriptions.find(({ entity }) => entity === work.entity);
  const reason = whyNot(subscribed);
  if (!subscribed || reason !== null)
    return { work: { ...work, state: 'skipped', reason, progress: null }, afterMs: null };
  const comparing = await resume(step, subscribed, work.progress);
  if (comparing === null) return { work: { ...work, state: 'comparing', progress: null }, afterMs: DEFINITION_MS };
  let next: Next = 'go on';
  while (next === 'go on' && ports.clock.now() < step.end) next = await advance(comparing);
  if (next === 'done') return { work: ended(work, comparing), afterMs: null };
  return {
    work: { ...work, state: 'comparing', progress: progressOf(comparing) },
    afterMs: next === 'go on' ? 0 : next.afterMs,
  };
}

function whyNot(subscribed: Subscribed | undefined): string | null {
  if (!subscribed) return 'The profile does not export it.';
  if (subscribed.paused) return 'It is paused.';
  if (!subscribed.tracked) return 'It is read as a whole by schedule, which mends whatever differs.';
  return initialSyncState(subscribed).startsWith('Completed') ? null : 'Its first export or a resync is under way.';
}

/** From where the last step ended, or from the begin; null while the destination has yet to get the definition of today. */
async function resume(step: Step, subscribed: Subscribed, progress: Progress | null): Promise<Comparing | null> {
  const { ports, profile, source, destination, end } = step;
  const feed = { organizationId: subscribed.organizationId, entity: subscribed.entity };
  const shape = (await ports.control.feeds.get(feed))?.shape ?? null;
  const isApplied = subscribed.shape === null ? subscribed.page === subscribed.tail : subscribed.shape === shape;
  if (shape === null || !isApplied) return null;
  const entity = await ports.definitions.of(feed, shape);
  const known = progress?.shape === shape ? progress : begun(shape, subscribed);
  return {
    ports,
    profileId: profile.id,
    feed,
    source,
    destination,
    form: await rowForm(destination, entity),
    end,
    ...known,
    comparison: new Comparison(known.comparison),
  };
}

function begun(shape: string, { counters }: Subscribed): Progress {
  return {
    shape,
    phase: 'rows',
    link: null,
    after: null,
    ranges: [],
    comparison: Comparison.begin(digitsFor(counters.applied)),
    look: null,
    confirmed: NOTHING_CONFIRMED,
    unsettled: 0,
  };
}

function progressOf(comparing: Comparing): Progress {
  const { shape, phase, link, after, ranges, comparison, look, confirmed, unsettled } = comparing;
  return { shape, phase, link, after, ranges, comparison: comparison.toState(), look, confirmed, unsettled };
}

async function advance(comparing: Comparing): Promise<Next> {
  const { candidates } = comparing.comparison;
  const isWalked = comparing.phase === 'walked';
  if (comparing.look !== null || candidates.size >= CANDIDATES_MAX || (isWalked && candidates.size > 0)) {
    const next = await lookAgain(comparing);
    if (next !== 'done') return next;
    return confirmedTotal(comparing.confirmed) + comparing.unsettled > 0 ? 'done' : 'go on';
  }
  if (comparing.phase === 'walked') return 'done';
  await WALKS[comparing.phase](comparing);
  return 'go on';
}

const WALKS = { rows: compareRows, ids: countIds, extras: compareExtras };

function ended(work: EntityWork, { comparison, confirmed, unsettled, phase }: Comparing): EntityWork {
  const found: Found = {
    ...comparison.totals(),
    ranges: rangeCount(comparison.digits),
    differing: comparison.differing().slice(0, RANGES_LISTED_MAX),
    confirmed,
    unsettled,
    complete: phase === 'walked',
  };
  const state = confirmedTotal(confirmed) > 0 ? 'different' : 'equal';
  return { ...work, state, progress: null, found };
}

const RANGES_LISTED_MAX = 100;
