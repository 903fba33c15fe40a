import { profileBell } from '../../shared/control/model.ts';
import { type ApplyTurn, loadPositions } from '../../shared/export/apply/turn.ts';
import type { World } from './world.ts';

const TURN_MS = 60_000;

/** A worker's turn at a profile, for what a turn is made of. */
export async function turnOf(world: World, profileId: string): Promise<ApplyTurn> {
  const profile = await world.control.profiles.get(profileId);
  if (!profile) throw new Error('no profile');
  const turn: ApplyTurn = {
    ports: world.ports,
    profile,
    owner: 'owner',
    bell: profileBell(profileId),
    destination: await world.ports.destinations.of(profile),
    end: world.clock.now() + TURN_MS,
    positions: new Map(),
    paused: new Set(),
    wishedAt: world.clock.now(),
    paces: new Map(),
    breakerOpen: false,
    retryAt: null,
  };
  await loadPositions(turn);
  return turn;
}
