import type { Append, Cursor } from '../../control/feeds.port.ts';
import { type Feed, profileBell } from '../../control/model.ts';
import { ringBells } from '../bells.ts';
import { PAGES_CONTAINER, type PageContent, storeContent } from '../pages.ts';
import type { Turn } from './turn.ts';

/** What a read brought, and how the cursor moves with it. */
export interface Reading {
  /** The feed as it was when the read began. */
  readonly began: Feed;
  readonly content: PageContent;
  readonly cursor: Append['cursor'];
  readonly complete: boolean;
  readonly slot?: Append['slot'];
  readonly snapshot?: Append['snapshot'] & {
    readonly audience: string | null;
    readonly begins: boolean;
    readonly ends: boolean;
  };
}

/** Stores and appends what was read, then rings the profiles concerned. Null: overtaken, nothing was appended. */
export async function appendReading(turn: Turn, reading: Reading): Promise<Feed | null> {
  const { began, content, snapshot } = reading;
  const entries = content.rows.length + content.deletions.length;
  const keeps = entries > 0 || snapshot?.begins === true || snapshot?.ends === true;
  const page = keeps ? await pageOf(turn, reading, entries) : null;
  const { begins: _begins, ends: _ends, audience: _audience, ...progress } = snapshot ?? {};
  const feed = await turn.ports.control.feeds.append({
    ...turn.key,
    owner: turn.owner,
    expected: cursorOf(began),
    page,
    cursor: reading.cursor,
    complete: reading.complete,
    ...(reading.slot === undefined ? {} : { slot: reading.slot }),
    ...(snapshot ? { snapshot: progress as Append['snapshot'] } : {}),
  });
  if (feed === null) await discard(turn, page);
  else if (page !== null) await ringListeners(turn, page.audience);
  return feed;
}

export function cursorOf({ head, token, nextLink, keysLink, metadataVersion }: Feed): Cursor {
  return { head, token, nextLink, keysLink, metadataVersion };
}

async function pageOf(turn: Turn, reading: Reading, entries: number): Promise<NonNullable<Append['page']>> {
  const { ports } = turn;
  const { body, bytes } = await storeContent(ports, reading.content);
  return {
    id: ports.newId(),
    shape: reading.began.shape,
    audience: reading.snapshot?.audience ?? null,
    snapshotId: reading.snapshot?.id ?? null,
    begins: reading.snapshot?.begins ?? false,
    ends: reading.snapshot?.ends ?? false,
    readAt: ports.clock.now(),
    entries,
    bytes,
    body,
  };
}

/** A page that lost the comparison leaves no blob behind; should this fail, the daily clean-up finds it. */
async function discard(turn: Turn, page: Append['page']): Promise<void> {
  if (!page || !('blob' in page.body)) return;
  turn.ports.atHand.take(page.body.blob);
  await turn.ports.blobs.remove(PAGES_CONTAINER, page.body.blob);
}

export async function ringListeners(turn: Turn, audience: string | null): Promise<void> {
  const listeners = await turn.ports.control.profiles.listeners(turn.key);
  const concerned = listeners.filter((profileId) => audience === null || audience === profileId);
  await ringBells(
    turn.ports,
    concerned.map((profileId) => ({ key: profileBell(profileId) })),
  );
}
