import type { Feed } from '../../control/model.ts';
import { wentBack } from '../../dataverse/token-version.ts';
import { ringLater } from '../bells.ts';
import { appendReading } from './append.ts';
import { settleDeletions } from './both-ways.ts';
import { reloadMetadata } from './metadata.ts';
import { newestVersion, pastChanges } from './read-past.ts';
import { DELTA_INTERVAL_MS, metadataOf, type Next, readPage, type Turn } from './turn.ts';
import { stopped } from './went-back.ts';

/** A bell whose read brought nothing is read again after 2, 4, … 60 s: a change may hide behind an open transaction of the source. */
const QUIET_MAX_MS = 60_000;

/** One page of changes: since the cursor's token, or a next link of such a read. Its slot is free. */
export async function readChanges(turn: Turn, feed: Feed, token: string): Promise<Next> {
  const { ports, key } = turn;
  const beganAt = ports.clock.now();
  if (feed.nextLink === null && !(await ports.control.feeds.beginRead(key, turn.owner))) return 'go on';
  const entity = await metadataOf(turn, feed);
  const page = await readPage(
    turn,
    entity,
    feed.nextLink === null ? { kind: 'changes', token } : { kind: 'next', link: feed.nextLink },
  );
  if (wentBack(token, page.token)) return stopped(turn);
  const severalPages = page.next !== null || feed.nextLink !== null;
  const complete = page.next === null;
  const reached = newestVersion(entity, page.rows);
  const behind = feed.readPast !== null;
  const { metadataVersion, ...content } = await settleDeletions(turn.source, entity, page, severalPages || behind);
  let began = feed;
  if (metadataVersion !== null && metadataVersion !== feed.metadataVersion) {
    if (!(await reloadMetadata(turn, feed, metadataVersion))) return 'go on';
    began = { ...feed, metadataVersion };
  }
  const readPast = pastChanges(entity, feed.readPast, content.rows, reached);
  const moved = complete ? { token: page.token, nextLink: null } : { nextLink: page.next };
  const appended = await appendReading(turn, {
    began,
    content,
    cursor: { ...moved, keysLink: null, readPast },
    complete,
    slot: { at: beganAt + DELTA_INTERVAL_MS, for: null },
  });
  turn.changesRead ||= complete;
  if (complete && appended !== null && appended.quiet > 0) {
    await ringLater(ports, turn.bell, Math.min(QUIET_MAX_MS, 1000 * 2 ** appended.quiet));
  }
  return 'go on';
}
