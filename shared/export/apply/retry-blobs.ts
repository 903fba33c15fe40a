import type { Cell } from '../../dataverse/columns.ts';
import type { RefusedEntry, RetryEntry } from '../../destination/model.ts';
import type { Refused } from './bisect.ts';
import type { Entry } from './merge.ts';
import type { ApplyTurn } from './turn.ts';

export const RETRIES_CONTAINER = 'retries';
/** The profile whose retry the blob holds. */
export const profileOfRetry = (blob: string): string => blob.split('/', 1)[0] ?? '';
/** Blobs written side by side. */
const WRITES_AT_ONCE = 8;

/** What a retry will write again: the row under its shape, or a deletion. */
export interface RetryContent {
  readonly shape: string;
  readonly row: readonly Cell[] | null;
}

/** Writes the blobs of refused entries, before the transaction that names them. A blob whose transaction fails is found by the clean-up. */
export async function keepForRetry(
  turn: ApplyTurn,
  entity: string,
  refused: readonly Refused<Entry>[],
  shape: string,
): Promise<RefusedEntry[]> {
  const { ports, profile } = turn;
  const { maxCount, intervalS } = profile.settings.retry;
  const dueAt = maxCount > 0 ? ports.clock.now() + intervalS * 1000 : null;
  const kept: RefusedEntry[] = [];
  for (let start = 0; start < refused.length; start += WRITES_AT_ONCE) {
    const part = refused.slice(start, start + WRITES_AT_ONCE).map(async ({ item, code, reason }) => {
      const blob = `${profile.id}/${entity}/${ports.newId()}.json`;
      const content: RetryContent = { shape, row: item.row };
      const sealed = await ports.encryption.seal(Buffer.from(JSON.stringify(content)));
      await ports.blobs.put(RETRIES_CONTAINER, blob, sealed, 'application/json');
      return { id: item.id, deletion: item.row === null, blob, code, reason, notifiedAt: item.notifiedAt, dueAt };
    });
    kept.push(...(await Promise.all(part)));
  }
  return kept;
}

/** Null: the blob is lost, or cannot be opened. */
export async function contentOf(turn: ApplyTurn, entry: RetryEntry): Promise<RetryContent | null> {
  const { blobs, encryption } = turn.ports;
  const sealed = await blobs.get(RETRIES_CONTAINER, entry.blob);
  const blob = sealed && (await encryption.open(sealed));
  return blob && (JSON.parse(Buffer.from(blob).toString()) as RetryContent);
}

export async function dropBlobs(turn: ApplyTurn, entries: readonly RetryEntry[]): Promise<void> {
  for (const { blob } of entries) await turn.ports.blobs.remove(RETRIES_CONTAINER, blob);
}
