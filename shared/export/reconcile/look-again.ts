import { feedBell } from '../../control/model.ts';
import { initialSyncState } from '../profiles/profile-json.ts';
import { type Comparing, IDS_AT_ONCE, type Next, noteAll, type Pair, pairsOf, ring } from './comparing.ts';
import { differingColumns, sameVersion } from './row-form.ts';
import type { Confirmed, Difference, DifferenceKind } from './work.ts';

/**
 * What is under way while both sides are read is no difference. So whatever differed is looked at again, each time after the
 * feed was read and applied to where it stood then; it is one only when the organization's side has not changed since, and has
 * stood still for longer than a change may hide behind an open transaction of the source, or both sides say the same version.
 * (A new definition may fill rows that keep their versions: the read since then finds it.)
 */
const SETTLE_MS = 60_000;
const FIRST_LOOK_MS = 2_000;
const NEXT_LOOK_MS = 10_000;
/** What does not come to rest in this time is told as such. */
const GIVE_UP_MS = 600_000;
/** So long a step waits for the feed before it comes again. */
const PATIENCE_MS = 2_000;
const ASK_EVERY_MS = 200;
/** The first differences are listed, the others counted. */
const LISTED_MAX = 100;

/** One look at all candidates; `done` when none is left. */
export async function lookAgain(comparing: Comparing): Promise<Next> {
  const { ports, comparison, look } = comparing;
  const now = ports.clock.now();
  if (look === null) {
    comparing.look = { since: now, rungAt: now, rung: await ring(comparing) };
    return { afterMs: FIRST_LOOK_MS };
  }
  const late = now - look.since > GIVE_UP_MS;
  const reached = await caughtUp(comparing, look.rung);
  if (!reached && !late) return { afterMs: FIRST_LOOK_MS };
  if (reached) await lookAt(comparing, [...comparison.candidates.keys()], look.rungAt);
  if (late) giveUp(comparing);
  if (comparison.candidates.size === 0) {
    comparing.look = null;
    return 'done';
  }
  comparing.look = { since: look.since, rungAt: ports.clock.now(), rung: await ring(comparing) };
  return { afterMs: NEXT_LOOK_MS };
}

function giveUp(comparing: Comparing): void {
  comparing.unsettled += comparing.comparison.candidates.size;
  comparing.comparison.candidates.clear();
}

/**
 * The feed has been read since that ring, and all that it held then is applied. Nor is anything to be read as a whole: a lost
 * cursor, a new attribute or a broken chain leaves to it what no change brings.
 */
async function caughtUp({ ports, feed, profileId, end }: Comparing, rung: number): Promise<boolean> {
  const { bells, feeds, profiles } = ports.control;
  const until = Math.min(end, ports.clock.now() + PATIENCE_MS);
  const subscribed = async () =>
    (await profiles.subscriptions(profileId)).find(({ entity }) => entity === feed.entity) ?? null;
  const holds = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) {
      if (ports.clock.now() >= until) return false;
      await ports.clock.sleep(ASK_EVERY_MS);
    }
    return true;
  };
  if (!(await holds(async () => ((await bells.rings(feedBell(feed)))?.seen ?? 0) >= rung))) return false;
  const isOwed = async () =>
    (await feeds.snapshots(feed)).some(
      ({ snapshot: { audience, refresh } }) => !refresh && (audience ?? profileId) === profileId,
    );
  if (!(await holds(async () => !(await isOwed())))) return false;
  const head = (await subscribed())?.head ?? 0;
  if (!(await holds(async () => ((await subscribed())?.number ?? -1) >= head))) return false;
  // The position may have got there by a remedy, which is a full read, too.
  return initialSyncState((await subscribed()) ?? undefined).startsWith('Completed');
}

async function lookAt(comparing: Comparing, ids: readonly string[], rungAt: number): Promise<void> {
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const pairs = await pairsOf(comparing, ids.slice(at, at + IDS_AT_ONCE));
    noteAll(comparing, pairs);
    await confirm(comparing, pairs, rungAt);
  }
}

async function confirm(comparing: Comparing, pairs: ReadonlyMap<string, Pair>, rungAt: number): Promise<void> {
  const { comparison, destination, form, ports } = comparing;
  const open = [...pairs.keys()].filter((id) => comparison.candidates.has(id));
  if (open.length === 0) return;
  const refused = new Set(await destination.refusedIds(form.entity.logicalName, open));
  for (const id of open) {
    const pair = pairs.get(id);
    const since = comparison.candidates.get(id)?.since ?? rungAt;
    if (!pair || since > rungAt) continue;
    const rested = ports.clock.now() - since >= SETTLE_MS;
    if (!(rested || refused.has(id) || isFinal(comparing, pair))) continue;
    comparing.confirmed = withDifference(comparing.confirmed, differenceOf(comparing, id, pair, refused.has(id)));
    comparison.candidates.delete(id);
  }
}

function isFinal({ form }: Comparing, { source, held }: Pair): boolean {
  return source !== null && held !== null && sameVersion(form, source, held);
}

function differenceOf({ form }: Comparing, id: string, { source, held }: Pair, refused: boolean): Difference {
  const columns = source && held ? differingColumns(form, source, held) : [];
  return { id, kind: kindOf(source !== null, held !== null), columns, refused };
}

function kindOf(inSource: boolean, inDestination: boolean): DifferenceKind {
  if (!inDestination) return 'missing';
  return inSource ? 'different' : 'extra';
}

function withDifference({ counts, refused, listed }: Confirmed, difference: Difference): Confirmed {
  return {
    counts: { ...counts, [difference.kind]: counts[difference.kind] + 1 },
    refused: refused + (difference.refused ? 1 : 0),
    listed: listed.length < LISTED_MAX ? [...listed, difference] : listed,
  };
}
