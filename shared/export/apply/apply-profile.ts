import { STARTS_MAX } from '../../control/bells.port.ts';
import { type Profile, profileBell } from '../../control/model.ts';
import type { Subscribed } from '../../control/profiles.port.ts';
import type { Counters } from '../../destination/model.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { type ApplyMessage, comeBackAfter, isOwnService, postpone, whileLeased } from '../bells.ts';
import type { ExportPorts } from '../ports.ts';
import { initialSyncState } from '../profiles/profile-json.ts';
import { applyFeed } from './apply-feed.ts';
import { closeBreaker, openBreaker } from './breaker.ts';
import { logFailedRecords } from './failed-records.ts';
import { remedy, repair } from './remedy.ts';
import { reportRetries, tryRetries } from './retries.ts';
import { type ApplyTurn, isWished, loadPositions } from './turn.ts';

/** A turn ends after this time, so that no profile holds a worker for itself. */
const TURN_MS = 10_000;
/** Entities applied at the same time. */
const SIDE_BY_SIDE = 4;
/** A probe of a destination that could not be used must answer within this time. */
const PROBE_MS = 5_000;
/** Faults that pass by themselves are met on the spot, with growing pauses, before the breaker opens. */
const RETRIES_ON_THE_SPOT = 3;
const FIRST_PAUSE_MS = 100;

/**
 * Answers a profile's bell: brings its destination to the end of its feeds, and tries due retries again.
 * A destination that cannot be used opens the profile's breaker and rejects nothing; rejects with the errors of Freshet's
 * own services. Nothing is lost then: the position stands where it stood.
 */
export async function applyProfile(ports: ExportPorts, message: ApplyMessage): Promise<void> {
  const { profileId } = message;
  const bell = profileBell(profileId);
  if (message.ring) await ports.control.bells.ring([{ key: bell }]);
  const owner = ports.newId();
  const answer = await ports.control.bells.answer(bell, owner);
  if (answer.lease !== 'taken') return;
  try {
    await whileLeased(ports, bell, owner, () => applyOwned(ports, profileId, owner, answer.starts));
  } catch (error) {
    await comeBackAfter(ports, bell, owner, error);
  }
}

/** With the lease: a turn, unless the profile may not run; what goes wrong with the destination opens its breaker. */
async function applyOwned(ports: ExportPorts, profileId: string, owner: string, starts: number): Promise<void> {
  const profile = await ports.control.profiles.get(profileId);
  if (profile === null) return;
  if (!mayRun(ports, profile)) return release(ports, profile, owner);
  try {
    if (starts > STARTS_MAX) throw new FreshetError('PROFILE_KEEPS_FAILING', { starts: starts - 1 });
    await takeTurn(ports, profile, owner);
  } catch (error) {
    if (!isFreshetError(error) || isOwnService(error)) throw error;
    if (await openBreaker(ports, profile, error)) await release(ports, profile, owner);
    else await postpone(ports, profileBell(profileId), owner, 0);
  }
}

function mayRun(ports: ExportPorts, profile: Profile): boolean {
  const probeDue = profile.breaker === null || profile.breaker.probeAt <= ports.clock.now();
  return profile.state === 'active' && probeDue;
}

/** Ends a turn that looked at nothing: rings so far are answered, for whoever lets the profile run again rings. */
async function release(ports: ExportPorts, profile: Profile, owner: string): Promise<void> {
  const bell = profileBell(profile.id);
  for (;;) {
    const held = await ports.control.bells.hold(bell, owner);
    if (held === null) return;
    await ports.control.bells.heard(bell, owner, held.rung);
    if ((await ports.control.bells.giveBack(bell, owner)) !== 'rung') return;
  }
}

async function takeTurn(ports: ExportPorts, profile: Profile, owner: string): Promise<void> {
  const turn: ApplyTurn = {
    ports,
    profile,
    owner,
    bell: profileBell(profile.id),
    // Before the destination is opened, which takes its time.
    wishedAt: ports.clock.now(),
    destination: await ports.destinations.of(profile),
    end: ports.clock.now() + TURN_MS,
    positions: new Map(),
    shapes: new Map(),
    breakerOpen: profile.breaker !== null,
  };
  for (let faults = 0, known = false; ports.clock.now() < turn.end; ) {
    try {
      if (!known) await askPositions(turn);
      known = true;
      const outcome = await round(turn);
      if (outcome === 'unwished') break;
      // Reading is no proof that writing works: only a whole round is.
      if (turn.breakerOpen) await closeBreaker(turn);
      if (outcome === 'done') return;
      faults = 0;
    } catch (error) {
      if (!passesByItself(error) || ++faults > RETRIES_ON_THE_SPOT) throw error;
      // Faults that use up the turn, as those of a destination that hangs, are not left to turns without end.
      if (isUnavailable(error) && ports.clock.now() >= turn.end) throw error;
      // Whether the last commit happened is told by the positions.
      known = false;
      await ports.clock.sleep(FIRST_PAUSE_MS * 2 ** (faults - 1));
    }
  }
  await postpone(ports, turn.bell, owner, 0);
}

/** The first question to the destination; behind an open breaker it may take no longer than a probe. */
async function askPositions(turn: ApplyTurn): Promise<void> {
  const { ports } = turn;
  if (!turn.breakerOpen) return loadPositions(turn);
  const late = new AbortController();
  const tooLate = ports.clock.sleep(PROBE_MS, late.signal).then(() => {
    throw new FreshetError('DESTINATION_UNAVAILABLE', { text: `no answer within ${PROBE_MS / 1000} s` });
  });
  tooLate.catch(() => {});
  await Promise.race([loadPositions(turn), tooLate]).finally(() => late.abort());
}

/** One look at everything; done when nothing is behind and the bell was not rung meanwhile. Unwished: the next turn looks why. */
async function round(turn: ApplyTurn): Promise<'done' | 'again' | 'unwished'> {
  const { ports, profile, bell, owner } = turn;
  const held = await ports.control.bells.hold(bell, owner);
  if (held === null) return 'done';
  const subscriptions = await ports.control.profiles.subscriptions(profile.id);
  for (const subscribed of subscriptions) await reportLost(turn, subscribed);
  const behind = subscriptions.filter(({ entity, tail }) => turn.positions.get(entity)?.page !== tail);
  await sideBySide(behind, (subscribed) => applyFeed(turn, subscribed));
  if (!(await isWished(turn))) return 'unwished';
  const more = await retryRecords(turn, subscriptions);
  await logFailedRecords(turn);
  await reportRetries(turn);
  if (more || ports.clock.now() >= turn.end) return 'again';
  if (!(await ports.control.bells.heard(bell, owner, held.rung))) return 'done';
  return (await ports.control.bells.giveBack(bell, owner)) === 'rung' ? 'again' : 'done';
}

/** A report that a crash swallowed: the control row must not stand behind for ever. */
async function reportLost({ ports, profile, positions }: ApplyTurn, subscribed: Subscribed): Promise<void> {
  const position = positions.get(subscribed.entity);
  if (!position) return;
  const { page, number, counters } = position;
  if (page === subscribed.page && sameCounters(counters, subscribed.counters)) return;
  await ports.control.profiles.report(profile.id, subscribed.entity, { page, number, counters });
}

function sameCounters(a: Counters, b: Counters): boolean {
  return (Object.keys(a) as (keyof Counters)[]).every((name) => a[name] === b[name]);
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

/** Runs all, a few at a time; the first failure is thrown once those under way have ended. */
async function sideBySide(items: readonly Subscribed[], work: (item: Subscribed) => Promise<void>): Promise<void> {
  const queue = [...items];
  const failures: unknown[] = [];
  const workers = Array.from({ length: Math.min(SIDE_BY_SIDE, items.length) }, async () => {
    for (let item = queue.shift(); item && failures.length === 0; item = queue.shift()) {
      await work(item).catch((error: unknown) => failures.push(error));
    }
  });
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
}

function passesByItself(error: unknown): boolean {
  return isFreshetError(error, 'POSITION_MOVED') || isUnavailable(error);
}

function isUnavailable(error: unknown): boolean {
  return isFreshetError(error, 'DESTINATION_UNAVAILABLE');
}
