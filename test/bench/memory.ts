import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Cell, Column } from '../../shared/dataverse/columns.ts';
import { pageRows } from '../../shared/dataverse/shape.ts';
import { mergePages } from '../../shared/export/apply/merge.ts';
import { PAGE_INLINE_MAX_BYTES, type PageContent } from '../../shared/export/pages.ts';
import { type Figures, round } from './figures.ts';
import type { Part } from './part.ts';
import { idOfRow as id, usualValue, WIDE } from './rows.ts';

/**
 * What pages of a wide entity take in memory while they are loaded and merged, as multiples of the bytes in their headers,
 * for both kinds of body. What is reserved for them (shared/export/apply/next-pages.ts) has to stay above. Multiples, not
 * bytes: they hardly depend on the machine.
 */
export const memory: Part = {
  names: ['memory'],
  onRequest: true,
  async run(figures) {
    for (const kind of ['inline', 'blob'] as const)
      for (const name of Object.keys(FILLINGS)) await measure(figures, name, kind);
  },
};

const { entity, columns } = WIDE;

/** How a row's cells are filled: from a table that is hardly used to one with long texts in another script. */
const FILLINGS: Readonly<Record<string, (column: Column, k: number, row: number) => Cell>> = {
  empty: (_column, k, row) => (k === 0 ? id(row) : null),
  usual: (column, k, row) => (k === 0 || k % 5 < 2 ? usualValue(column, row) : null),
  full: (column, _k, row) => usualValue(column, row),
  shortTexts: (_column, k, row) => (k === 0 ? id(row) : `${(row * k) % 97}a`),
  longTexts: (column, k, row) => (column.type === 'text' ? `${row} `.repeat(500) : k === 0 ? id(row) : null),
  otherScript: (column, k, row) => (k === 0 ? id(row) : column.type === 'string' ? `Ω${row}` : null),
};

/** The collector, which a program gets to see only by a flag. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** Buffers are given back some time after a collection. */
async function held(): Promise<number> {
  const gc = collector();
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

async function measure(figures: Figures, name: string, kind: 'inline' | 'blob'): Promise<void> {
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
  figures.report(`memory.${kind}.${name}`, { ...counted, bytes, takenBytes: taken, times: round(taken / bytes) });
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
