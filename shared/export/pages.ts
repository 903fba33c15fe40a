import { createHash } from 'node:crypto';
import type { Page, PageBody } from '../control/model.ts';
import type { Cell } from '../dataverse/columns.ts';
import type { Blobs } from '../platform/blobs/port.ts';
import type { NewId } from '../platform/clock/port.ts';

/** What one read brought. Cells in the order of the columns of the page's shape; the first is the id. */
export interface PageContent {
  readonly rows: readonly Cell[][];
  readonly deletions: readonly string[];
}

/** A larger page lies in a blob: rows of the control database stay small. */
export const PAGE_INLINE_MAX_BYTES = 64 * 1024;
export const PAGES_CONTAINER = 'pages';

/** Stores a page's content. Blobs get random names: a reader that loses the comparison leaves nothing that another could read. */
export async function storeContent(
  ports: { blobs: Blobs; newId: NewId },
  content: PageContent,
): Promise<{ body: PageBody; bytes: number }> {
  const text = JSON.stringify(content);
  const bytes = Buffer.byteLength(text);
  if (bytes <= PAGE_INLINE_MAX_BYTES) return { body: { text }, bytes };
  const encoded = Buffer.from(text);
  const blob = `${ports.newId()}.json`;
  await ports.blobs.put(PAGES_CONTAINER, blob, encoded, 'application/json');
  return { body: { blob, sha256: sha256(encoded) }, bytes };
}

/** Loads a page's content; null when its blob is gone or not what was written, which breaks the chain. */
export async function loadContent(blobs: Blobs, page: Page): Promise<PageContent | null> {
  if ('text' in page.body) return JSON.parse(page.body.text) as PageContent;
  const encoded = await blobs.get(PAGES_CONTAINER, page.body.blob);
  if (encoded === null || encoded.length !== page.bytes || sha256(encoded) !== page.body.sha256) return null;
  return JSON.parse(Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length).toString()) as PageContent;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
