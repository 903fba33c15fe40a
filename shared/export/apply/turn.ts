import type { BellKey, FeedKey, Pace, Profile, Subscribed } from '../../control/model.ts';
import type { Position } from '../../destination/model.ts';
import type { Destination } from '../../destination/port.ts';
import type { ExportPorts } from '../ports.ts';
import { takenBy } from '../profiles/others.ts';

/** One worker's turn at one profile. Positions are what the destination said last; every commit moves them on. */
export interface ApplyTurn {
  readonly ports: ExportPorts;
  readonly profile: Profile;
  readonly destination: Destination;
  readonly bell: BellKey;
  readonly owner: string;
  /** When the turn has to end (ms). */
  readonly end: number;
  readonly positions: Map<string, Position>;
  /** How fast rows came lately, by entity, as far as this turn has worked on it. */
  readonly paces: Map<string, Pace>;
  /** Entities whose tables are to stand still, as last looked. */
  paused: ReadonlySet<string>;
  /** When the profile was last found to be wished active as it was when the turn began (ms). */
  wishedAt: number;
  /** The destination could not be used when the turn began; until a whole round has passed. */
  breakerOpen: boolean;
  /** When the next retry is due (ms), as the control row says: reported, and rung for, once. */
  retryAt: number | null;
}

/** So much later a turn may notice that its profile was deactivated, deleted or activated anew: a short one need not ask. */
const WISH_AGE_MS = 500;

/** Whether the profile is still wished to run as it was when the turn began. */
export async function isWished(turn: ApplyTurn): Promise<boolean> {
  const { ports, profile } = turn;
  const now = ports.clock.now();
  if (now - turn.wishedAt < WISH_AGE_MS) return true;
  const current = await ports.control.profiles.get(profile.id);
  if (current?.state !== 'active' || current.intent !== profile.intent) return false;
  turn.paused = pausedOf(await ports.control.profiles.subscriptions(profile.id));
  turn.wishedAt = now;
  return true;
}

export function pausedOf(subscriptions: readonly Subscribed[]): ReadonlySet<string> {
  return new Set(subscriptions.filter(({ paused }) => paused).map(({ entity }) => entity));
}

/** Reads all positions anew: at the begin, after a fault whose outcome is unknown, or when another worker was first. */
export async function loadPositions(turn: ApplyTurn): Promise<void> {
  const positions = (await turn.destination.positions()) ?? (await makeOwnTables(turn));
  turn.positions.clear();
  for (const position of positions) turn.positions.set(position.entity, ownPosition(turn, position));
}

/** Reads one position anew; those of other entities may be further on than the answer. */
export async function reloadPosition(turn: ApplyTurn, entity: string): Promise<void> {
  const position = (await turn.destination.positions())?.find((one) => one.entity === entity);
  if (position) turn.positions.set(entity, ownPosition(turn, position));
  else turn.positions.delete(entity);
}

/** Another's tells that the tables were taken over, be it by a profile of another installation: nothing may be written there. */
function ownPosition({ profile }: ApplyTurn, position: Position): Position {
  if (position.profileId !== profile.id) throw takenBy(position);
  return position;
}

/** Our own tables are gone, or were never made. */
async function makeOwnTables(turn: ApplyTurn): Promise<Position[]> {
  await turn.destination.prepare({ deleteLog: turn.profile.settings.writeDeleteLog });
  return [];
}

export function feedOf({ organizationId, entity }: Subscribed): FeedKey {
  return { organizationId, entity };
}
