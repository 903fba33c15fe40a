import { invalidRequest, tokenExpired } from './errors.ts';
import type { Row } from './row.ts';
import type { Table } from './table.ts';
import type { Variants } from './variants.ts';

/** Where a read of many pages stands. Plain JSON, so that a link can carry it. */
export interface ReadState {
  readonly kind: 'full' | 'delta';
  readonly tracked: boolean;
  /** Delta: changes after this version. */
  readonly from?: number;
  /** Full: the last key given. */
  readonly after?: string;
  /** Delta: the versions of the last row and of the last deletion given. */
  readonly rowsAfter?: number;
  readonly deletionsAfter?: number;
  /** Where the token of the end stands, when it stands for the beginning of the read. */
  readonly bound?: number;
  /** The columns the read began with. */
  readonly columns?: string;
}

export interface ReadPage {
  readonly rows: readonly Row[];
  readonly deletions: readonly string[];
  readonly next: ReadState | null;
  /** On the last page of a tracked read. */
  readonly token: string | null;
}

/** What reading needs to know of the organization. */
export interface ReadContext {
  readonly variants: Variants;
  readonly version: number;
  /** No token passes the version of an open transaction. */
  readonly bound: number;
  readonly nowMs: number;
  readonly retentionMs: number;
}

const MS_PER_DAY = 86_400_000;
export const DEFAULT_RETENTION_MS = 7 * MS_PER_DAY;

export function beginRead(tracked: boolean, context: ReadContext, columns?: string): ReadState {
  const bound = context.variants.tokenMoment === 'start' ? { bound: context.bound } : {};
  return { kind: 'full', tracked, ...(tracked ? bound : {}), ...(columns === undefined ? {} : { columns }) };
}

/** Begins a read of the changes since a token. Throws a DataverseError when the token is not honoured any more. */
export function beginDelta(table: Table, token: string, context: ReadContext, columns?: string): ReadState {
  const { version, atMs, columns: readUnder } = parseToken(token);
  const { variants } = context;
  const isOld = atMs < context.nowMs - context.retentionMs || version < table.tokensSince;
  const isAhead = version > context.version && variants.tokenAhead === 'refuse';
  if (isOld || isAhead) throw tokenExpired();
  if (variants.tokenColumns === 'same' && readUnder !== undefined && readUnder !== columns)
    throw invalidRequest('The delta token does not belong to the columns of this query.');
  const bound = variants.tokenMoment === 'start' ? { bound: Math.max(context.bound, version) } : {};
  return { kind: 'delta', tracked: true, from: version, ...bound, ...(columns === undefined ? {} : { columns }) };
}

/** One page, at most `size` entries. A full read sees the rows as they are now, page by page. */
export function readPage(
  table: Table,
  state: ReadState,
  size: number,
  context: ReadContext,
  matches: (row: Row) => boolean = () => true,
): ReadPage {
  if (state.kind === 'full') return readFullPage(table, state, size, context, matches);
  if ((state.from ?? 0) < table.tokensSince) throw tokenExpired();
  return readDeltaPage(table, state, size, context);
}

function readFullPage(
  table: Table,
  state: ReadState,
  size: number,
  context: ReadContext,
  matches: (row: Row) => boolean,
): ReadPage {
  const rows: Row[] = [];
  for (const id of table.keys.after(state.after)) {
    const row = table.rows.get(id) as Row;
    if (!matches(row)) continue;
    if (rows.length === size) return { rows, deletions: [], next: { ...state, after: lastId(rows) }, token: null };
    rows.push(row);
  }
  return {
    rows,
    deletions: [],
    next: null,
    token: state.tracked ? tokenFor(state.bound ?? context.bound, state, context) : null,
  };
}

function lastId(rows: readonly Row[]): string {
  return rows.at(-1)?.self.id ?? '';
}

function readDeltaPage(table: Table, state: ReadState, size: number, context: ReadContext): ReadPage {
  const from = state.from ?? 0;
  const upTo = state.bound ?? Math.max(context.bound, from);
  const rows: Row[] = [];
  const deletions: string[] = [];
  let { rowsAfter = from, deletionsAfter = from } = state;
  const page = (isLast: boolean): ReadPage => ({
    rows,
    deletions,
    next: isLast ? null : { ...state, rowsAfter, deletionsAfter },
    token: isLast ? tokenFor(upTo, state, context) : null,
  });
  for (const row of table.changes.between(rowsAfter, upTo)) {
    if (rows.length === size) return page(false);
    rows.push(row);
    rowsAfter = row.version;
  }
  for (const { id, version } of table.deletions.between(deletionsAfter, upTo)) {
    if (context.variants.recreated === 'row' && table.rows.has(id)) continue;
    if (rows.length + deletions.length === size) return page(false);
    deletions.push(id);
    deletionsAfter = version;
  }
  return page(true);
}

/** How many entries a delta from the token would hold. */
export function countChanges(table: Table, state: ReadState, context: ReadContext): number {
  const { rows, deletions } = readDeltaPage(table, state, Number.POSITIVE_INFINITY, context);
  return rows.length + deletions.length;
}

const two = (value: number) => String(value).padStart(2, '0');

function tokenFor(version: number, { columns }: ReadState, { nowMs, variants }: ReadContext): string {
  const at = new Date(nowMs);
  const day = `${two(at.getUTCMonth() + 1)}/${two(at.getUTCDate())}/${at.getUTCFullYear()}`;
  const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  const bound = variants.tokenColumns === 'same' && columns !== undefined ? `!${columns}` : '';
  return `${version}!${day} ${time}${bound}`;
}

function parseToken(token: string): { version: number; atMs: number; columns?: string } {
  const match = /^(\d{1,16})!(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d)(?:!(.*))?$/.exec(token);
  if (!match) throw invalidRequest('The delta token is not valid.');
  const [version, month, day, year, hour, minute, second] = match.slice(1, 8).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return { version, atMs, ...(match[8] === undefined ? {} : { columns: match[8] }) };
}
