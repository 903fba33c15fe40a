import { createHash } from 'node:crypto';
import type { Page, PageBody } from '../control/model.ts';
import type { Cell } from '../dataverse/columns.ts';
import type { ExportPorts } from './ports.ts';

/** What one read brought. Cells in the order of the columns of the page's shape; the first is the id. */
export interface PageContent {
  readonly rows: readonly Cell[][];
  readonly deletions: readonly string[];
}

/** A larger page lies in a blob: rows of the control database stay small. */
export const PAGE_INLINE_MAX_BYTES = 64 * 1024;
export const PAGES_CONTAINER = 'pages';

/** Base64 of sealed content begins otherwise. */
const PLAIN_BEGINS = '{';

/** Stores a page's content, sealed. Blobs get random names: a reader that loses the comparison leaves nothing that another could read. */
export async function storeContent(
  { blobs, encryption, atHand, clock, newId }: Pick<ExportPorts, 'blobs' | 'encryption' | 'atHand' | 'clock' | 'newId'>,
  content: PageContent,
): Promise<{ body: PageBody; bytes: number }> {
  const text = JSON.stringify(content);
  const plain = Buffer.from(text);
  const stored = await encryption.seal(plain);
  const bytes = stored.length;
  if (bytes <= PAGE_INLINE_MAX_BYTES) return { body: { text: stored === plain ? text : base64(stored) }, bytes };
  const blob = `${newId()}.json`;
  await blobs.put(PAGES_CONTAINER, blob, stored, 'application/json');
  atHand.hold(blob, content, bytes, clock.now());
  return { body: { blob, sha256: sha256(stored) }, bytes };
}

/** Loads a page's content; null when it is gone, not what was written, or cannot be opened, which breaks the chain. */
export async function loadContent(
  { blobs, encryption, atHand }: Pick<ExportPorts, 'blobs' | 'encryption' | 'atHand'>,
  page: Page,
): Promise<PageContent | null> {
  const { body } = page;
  const known = 'blob' in body && atHand.take(body.blob);
  if (known) return known;
  if ('text' in body && body.text.startsWith(PLAIN_BEGINS)) return JSON.parse(body.text) as PageContent;
  const stored = 'text' in body ? Buffer.from(body.text, 'base64') : await blobs.get(PAGES_CONTAINER, body.blob);
  if (stored === null) return null;
  if ('blob' in body && (stored.length !== page.bytes || sha256(stored) !== body.sha256)) return null;
  const plain = await encryption.open(stored);
  return plain && (JSON.parse(textOf(plain)) as PageContent);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
