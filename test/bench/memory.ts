/**
 * What pages of a wide entity take in memory while they are loaded and merged, as multiples of the bytes in their headers,
 * for both kinds of body: `node --expose-gc test/bench/memory.ts`. What is reserved for them (shared/export/apply/next-pages.ts)
 * has to stay above. Multiples, not bytes: they hardly depend on the machine.
 */
import { readFileSync } from 'node:fs';
import { type Cell, type Column, exportColumns } from '../../shared/dataverse/columns.ts';
import { pageRows } from '../../shared/dataverse/shape.ts';
import { readAttributes } from '../../shared/dataverse/web-api/attributes.ts';
import { mergePages } from '../../shared/export/apply/merge.ts';
import { PAGE_INLINE_MAX_BYTES, type PageContent } from '../../shared/export/pages.ts';
import { entityMetadata } from '../unit/dataverse/entity.ts';
import { report, round } from './measure.ts';

const captured = readFileSync(new URL('../fixtures/web-api/account-attributes.json', import.meta.url), 'utf8');
const entity = entityMetadata('account', readAttributes(JSON.parse(captured) as unknown[]));
const columns = exportColumns(entity);

/** How a row's cells are filled: from a table that is hardly used to one with long texts in another script. */
const FILLINGS: Readonly<Record<string, (column: Column, k: number, row: number) => Cell>> = {
  empty: (_column, k, row) => (k === 0 ? id(row) : null),
  usual: (column, k, row) => (k === 0 || k % 5 < 2 ? usualValue(column, row) : null),
  full: (column, _k, row) => usualValue(column, row),
  shortTexts: (_column, k, row) => (k === 0 ? id(row) : `${(row * k) % 97}a`),
  longTexts: (column, k, row) => (column.type === 'text' ? `${row} `.repeat(500) : k === 0 ? id(row) : null),
  otherScript: (column, k, row) => (k === 0 ? id(row) : column.type === 'string' ? `Ω${row}` : null),
};

const id = (row: number) => `60c4e274-0d87-e711-80e5-${row.toString(16).padStart(12, '0')}`;

function usualValue({ type }: Column, row: number): Cell {
  if (type === 'uuid') return id(row);
  if (type === 'int') return row % 7;
  if (type === 'bit') return row % 2 === 0;
  if (type === 'bigint' || type === 'decimal') return String(row * 1000 + 7);
  if (type === 'datetime') return '2026-05-04T10:11:12Z';
  return `Some text of row ${row}`;
}

/** Buffers are given back some time after a collection. */
async function held(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) throw new Error('run with --expose-gc');
  for (let times = 0; times < 3; times++) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** All that exists when the last of the pages is merged; `encoded`: the bytes of a blob, null for an inline body. */
function open(body: Buffer, inline: boolean) {
  const encoded = inline ? null : Buffer.from(body);
  const text = body.toString();
  const content = JSON.parse(text) as PageContent;
  return { encoded, text, content };
}

async function measure(name: string, kind: 'inline' | 'blob'): Promise<void> {
  const fill = FILLINGS[name] ?? (() => null);
  const rowsOfPage = kind === 'blob' ? pageRows(entity) : rowsInline(fill);
  const bodies = Array.from({ length: kind === 'blob' ? 4 : 50 }, (_, page) => bodyOf(fill, page, rowsOfPage));
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const before = await held();
  const pages = bodies.map((body) => open(body, kind === 'inline'));
  const merge = mergePages(pages.map(({ content }) => ({ page: HEADER, content })));
  const taken = (await held()) - before;
  // Named once more, so that nothing of it is given up before it is measured.
  const counted = { pages: pages.length, bodies: bodies.length, rows: merge.entries.length };
  report(`${kind} ${name}`, { ...counted, bytes, takenBytes: taken, times: round(taken / bytes) });
}

function rowsInline(fill: (column: Column, k: number, row: number) => Cell): number {
  return Math.max(1, Math.floor(PAGE_INLINE_MAX_BYTES / bodyOf(fill, 0, 1).length));
}

function bodyOf(fill: (column: Column, k: number, row: number) => Cell, page: number, rows: number): Buffer {
  const first = page * rows;
  const content = {
    rows: Array.from({ length: rows }, (_, row) => columns.map((column, k) => fill(column, k, first + row))),
    deletions: [],
  };
  return Buffer.from(JSON.stringify(content));
}

const HEADER = {
  id: '',
  previous: '',
  number: 1,
  shape: '',
  audience: null,
  snapshotId: null,
  begins: false,
  ends: false,
  notifiedAt: null,
  readAt: 0,
  entries: 0,
  bytes: 0,
};

for (const kind of ['inline', 'blob'] as const) for (const name of Object.keys(FILLINGS)) await measure(name, kind);
