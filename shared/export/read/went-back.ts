import { stopForReturn } from '../profiles/origin.ts';
import type { Next, Turn } from './turn.ts';

/** Should somebody still subscribe to the feed, for he joined meanwhile. */
const AGAIN_MS = 60_000;

/** The organization's versions are lower than they were: nothing read now may follow what was read before. */
export async function stopped(turn: Turn): Promise<Next> {
  await stopForReturn(
    turn.ports,
    turn.key.organizationId,
    `it went back in time, seen by the versions of ${turn.key.entity}`,
  );
  return { afterMs: AGAIN_MS };
}
