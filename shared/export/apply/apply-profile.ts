import { STARTS_MAX } from '../../control/bells.port.ts';
import { type Profile, profileBell } from '../../control/model.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { type ApplyMessage, comeBackAfter, isOwnService, postpone, whileLeased } from '../bells.ts';
import type { ExportPorts } from '../ports.ts';
import { closeBreaker, openBreaker } from './breaker.ts';
import { round } from './round.ts';
import { type ApplyTurn, loadPositions } from './turn.ts';

/** A turn ends after this time, so that no profile holds a worker for itself. */
const TURN_MS = 10_000;
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
    paused: new Set(),
    paces: new Map(),
    breakerOpen: profile.breaker !== null,
    retryAt: profile.retryAt,
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
      // A probe is one attempt: what is in trouble already is not asked four times over.
      if (turn.breakerOpen && isUnavailable(error)) throw error;
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

function passesByItself(error: unknown): boolean {
  return isFreshetError(error, 'POSITION_MOVED') || isUnavailable(error);
}

function isUnavailable(error: unknown): boolean {
  return isFreshetError(error, 'DESTINATION_UNAVAILABLE');
}
