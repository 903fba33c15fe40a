import { type Feed, UNTRIED } from '../../control/model.ts';
import { PAGE_KEYS } from '../../dataverse/shape.ts';
import { wentBack } from '../../dataverse/token-version.ts';
import { readAhead, wantedPage } from './ahead.ts';
import { appendReading } from './append.ts';
import { reloadMetadata } from './metadata.ts';
import { type Next, type Turn, usedSlot } from './turn.ts';
import { stopped } from './went-back.ts';

/**
 * One page of the first cursor: a tracked read of the keys alone, finished before any snapshot begins. Whatever moment its
 * token stands for, every change during the snapshot comes after it. The page after it is read ahead meanwhile.
 */
export async function readKeys(turn: Turn, feed: Feed): Promise<Next> {
  const columns = feed.keysNeedColumns ? ({ columns: 'all' } as const) : {};
  const from =
    feed.keysLink === null ? ({ kind: 'keys', ...columns } as const) : ({ kind: 'next', link: feed.keysLink } as const);
  const maxRows = feed.keysNeedColumns ? undefined : PAGE_KEYS;
  turn.reading = 'keys';
  const page = await wantedPage(turn, feed, { of: 'keys', from, maxRows });
  if ('afterMs' in page) return page;
  if (page.metadataVersion !== null && page.metadataVersion !== feed.metadataVersion) {
    await reloadMetadata(turn, feed, page.metadataVersion);
    return 'go on';
  }
  if (wentBack(feed.givenUp, page.token)) return stopped(turn);
  if (page.next !== null) await readAhead(turn, feed, 'keys', page.next, maxRows);
  await appendReading(turn, {
    began: feed,
    content: { rows: [], deletions: [] },
    cursor:
      page.next === null
        ? { token: page.token, keysLink: feed.keysNeedColumns ? null : UNTRIED, givenUp: null }
        : { keysLink: page.next },
    complete: false,
    ...usedSlot(feed),
  });
  return 'go on';
}
