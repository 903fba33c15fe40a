import type { Subscribed } from '../../control/model.ts';
import { NOWHERE } from '../../destination/accounting.ts';
import type { Counters } from '../../destination/model.ts';
import { during } from '../failures/work.ts';
import { leaveOthers } from '../profiles/leaving.ts';
import { initialSyncState } from '../profiles/profile-json.ts';
import { sideBySide } from '../side-by-side.ts';
import { applyFeed } from './apply-feed.ts';
import { changeOf } from './define-table.ts';
import { logFailedRecords } from './failed-records.ts';
import { remedy, repair } from './remedy.ts';
import { reportRetries, tryRetries } from './retries.ts';
import { type ApplyTurn, isWished, pausedOf } from './turn.ts';

/** Entities applied at the same time. */
const SIDE_BY_SIDE = 4;
/** A replacement that is under way for so long is none any more. */
const REPLACED_MS = 60_000;

/** One look at everything; done when nothing is behind and the bell was not rung meanwhile. Unwished: the next turn looks why. */
export async function round(turn: ApplyTurn): Promise<'done' | 'again' | 'unwished'> {
  const { ports, bell, owner } = turn;
  const held = await ports.control.bells.hold(bell, owner);
  if (held === null) return 'done';
  const subscriptions: Subscribed[] = [];
  for (const subscribed of await namedSubscriptions(turn)) subscriptions.push(await reportLost(turn, subscribed));
  await forgetOthers(turn, subscriptions);
  turn.paused = pausedOf(subscriptions);
  const behind = subscriptions.filter(({ entity, tail }) => turn.positions.get(entity)?.page !== tail);
  await sideBySide(behind, SIDE_BY_SIDE, (subscribed) =>
    during({ entity: subscribed.entity, changeType: changeOf(subscribed) }, () => applyFeed(turn, subscribed)),
  );
  if (!(await isWished(turn))) return 'unwished';
  const more = await seeToRefused(turn, subscriptions);
  if (more || ports.clock.now() >= turn.end) return 'again';
  if (!(await ports.control.bells.heard(bell, owner, held.rung))) return 'done';
  return (await ports.control.bells.giveBack(bell, owner)) === 'rung' ? 'again' : 'done';
}

/** Those of what the profile names. A replacement that broke off for good may have left others: nothing is written for them. */
async function namedSubscriptions({ ports, profile }: ApplyTurn): Promise<Subscribed[]> {
  const named = new Set(profile.settings.entities.map(({ entity }) => entity));
  const all = await ports.control.profiles.subscriptions(profile.id);
  const own = all.filter(({ entity }) => named.has(entity));
  if (own.length === all.length) return own;
  const now = await ports.control.profiles.get(profile.id);
  const isSettled = now?.intent === profile.intent && ports.clock.now() - now.modifiedAt >= REPLACED_MS;
  if (now && isSettled) await leaveOthers(ports, now);
  return own;
}

/**
 * A report that a crash swallowed: the control row must not stand behind for ever. Or the destination was restored: then its
 * columns may be narrower than the shape that was reported. Answers with what is reported now.
 */
async function reportLost({ ports, profile, positions }: ApplyTurn, subscribed: Subscribed): Promise<Subscribed> {
  const position = positions.get(subscribed.entity);
  if (!position || !isBegun(subscribed)) return subscribed;
  const { page, number, counters } = position;
  if (page === subscribed.page && sameCounters(counters, subscribed.counters)) return subscribed;
  const report = { page, number, counters, shape: null };
  await ports.control.profiles.report(profile.id, subscribed.entity, report);
  return { ...subscribed, ...report };
}

/**
 * What was removed from the profile: its table stays, but its old place means nothing, also once it is added again. A place without
 * a past is what the activation has claimed: nobody else may come in between.
 */
async function forgetOthers(turn: ApplyTurn, subscriptions: readonly Subscribed[]): Promise<void> {
  const isClaimed = ({ entity }: Subscribed) => turn.positions.get(entity)?.page === NOWHERE;
  const kept = subscriptions.filter((subscribed) => isBegun(subscribed) || isClaimed(subscribed));
  const names = new Set(kept.map(({ entity }) => entity));
  for (const entity of [...turn.positions.keys()].filter((name) => !names.has(name))) {
    await turn.destination.forget(entity);
    turn.positions.delete(entity);
  }
}

/** False: nothing was read for this subscription yet, so that a position is that of an earlier one, whose snapshots ended with it. */
function isBegun({ page, snapshotId }: Subscribed): boolean {
  return page !== NOWHERE || snapshotId !== null;
}

function sameCounters(a: Counters, b: Counters): boolean {
  return (Object.keys(a) as (keyof Counters)[]).every((name) => a[name] === b[name]);
}

/** Retries and failed records. The counters tell for nothing when there are none; most profiles never have any. True: more are due. */
async function seeToRefused(turn: ApplyTurn, subscriptions: readonly Subscribed[]): Promise<boolean> {
  if (!hasRefused(turn)) {
    await reportRetries(turn, null);
    return false;
  }
  const more = await retryRecords(turn, subscriptions);
  await logFailedRecords(turn);
  await reportRetries(turn, await turn.destination.nextRetryAt([...turn.paused]));
  return more;
}

/** Failed records count as well: one may be unlogged since a crash, and a resync makes them retries from another process. */
function hasRefused({ positions }: ApplyTurn): boolean {
  return [...positions.values()].some(({ counters }) => counters.retrying > 0 || counters.failed > 0);
}

/** Due retries; what keeps them from being tried is mended by a resync, unless one is under way. True: more are due. */
async function retryRecords(turn: ApplyTurn, subscriptions: readonly Subscribed[]): Promise<boolean> {
  const { lost, gone, more } = await tryRetries(turn);
  for (const subscribed of subscriptions) {
    const error = gone.get(subscribed.entity);
    if (error) await repair(turn, subscribed, error);
    else if (lost.has(subscribed.entity) && initialSyncState(subscribed) !== 'InProgress') {
      await remedy(turn, subscribed, 'the blob of a retry is lost');
    }
  }
  return more;
}
