import type pg from 'pg';
import { FreshetError } from '../../errors/error.ts';
import type { PostgresPool } from '../../sql/postgres/connect.ts';
import { forwardRows } from '../../sql/postgres/forward.ts';
import { LANES } from './connections.ts';
import { stateOf } from './errors.ts';
import type { SourceTable } from './source.ts';

/** The rows of a copy: several readers of one snapshot, each with a writer, piece by piece. */

/** Pieces of a large table, so that several readers share it and progress is told in between. */
export const PIECE_BYTES = 32 * 1024 * 1024;

interface Piece {
  readonly table: SourceTable;
  readonly bytes: number;
  /** Blocks from, and up to before; null: all rows. */
  readonly blocks: { readonly from: number; readonly to: number | null } | null;
}

export interface RowsToCopy {
  readonly tables: readonly SourceTable[];
  /** The name of the exported snapshot. */
  readonly snapshot: string;
  readonly encoding: string;
  readonly pieceBytes: number;
}

/** COPY_SOURCE_CHANGED when a table was emptied, rewritten or dropped since the snapshot, which no snapshot shows. */
export async function copyRows(
  source: PostgresPool,
  copy: PostgresPool,
  rows: RowsToCopy,
  watch: (bytes: number) => void,
): Promise<void> {
  const pieces = rows.tables.flatMap((table) => piecesOf(table, rows.pieceBytes));
  await inLanes(pieces, async (take) => {
    await withClients(source, copy, async (reader, writer) => {
      for (let piece = take(); piece; piece = take()) {
        await copyPiece(reader, writer, piece, rows);
        watch(piece.bytes);
      }
    });
  });
}

/** Runs workers side by side that share a list; the first error stops all from taking more. */
export async function inLanes<T>(
  items: readonly T[],
  worker: (take: () => T | undefined) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const take = () => {
    const item = failed ? undefined : items[next];
    next += 1;
    return item;
  };
  const lanes = Array.from({ length: Math.min(LANES, items.length) }, () =>
    worker(take).catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  // All of them end before the first error is told: nobody writes any more then.
  const results = await Promise.allSettled(lanes);
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected) throw rejected.reason;
}

function piecesOf(table: SourceTable, pieceBytes: number): Piece[] {
  const count = Math.min(table.blocks, Math.ceil(table.bytes / pieceBytes));
  if (count < 2) return [{ table, bytes: table.bytes, blocks: null }];
  const size = Math.ceil(table.blocks / count);
  return Array.from({ length: Math.ceil(table.blocks / size) }, (_, k) => {
    const from = k * size;
    const to = Math.min(from + size, table.blocks);
    const bytes = Math.round((table.bytes * (to - from)) / table.blocks);
    return { table, bytes, blocks: { from, to: to === table.blocks ? null : to } };
  });
}

async function copyPiece(reader: pg.PoolClient, writer: pg.PoolClient, piece: Piece, rows: RowsToCopy): Promise<void> {
  const { table } = piece;
  try {
    // The lock of a table that is read lasts as long as its piece, not as long as the copy.
    await reader.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '${rows.snapshot}'`);
    const form = `(FORMAT ${table.isBinary ? 'binary' : 'text'}, ENCODING '${rows.encoding}')`;
    const into = `${table.relation}${table.columns ? ` (${table.columns})` : ''}`;
    await forwardRows(
      reader,
      `COPY ${selectionOf(piece)} TO STDOUT ${form}`,
      writer,
      `COPY ${into} FROM STDIN ${form}`,
    );
    const { rows: files } = await reader.query<{ file: string | null }>(
      'SELECT pg_relation_filenode($1::oid)::text AS file',
      [table.id],
    );
    await reader.query('COMMIT');
    if (files[0]?.file !== table.file) throw new FreshetError('COPY_SOURCE_CHANGED', { table: table.relation });
  } catch (error) {
    if (GONE.has(stateOf(error))) throw new FreshetError('COPY_SOURCE_CHANGED', { table: table.relation }, error);
    throw error;
  }
}

/** Table, column, schema. */
const GONE = new Set(['42P01', '42703', '3F000']);

function selectionOf({ table, blocks }: Piece): string {
  if (!blocks) return table.columns ? `${table.relation} (${table.columns})` : table.relation;
  const end = blocks.to === null ? '' : ` AND ctid < '(${blocks.to},0)'::tid`;
  return `(SELECT ${table.columns ?? ''} FROM ONLY ${table.relation} WHERE ctid >= '(${blocks.from},0)'::tid${end})`;
}

async function withClients(
  source: PostgresPool,
  copy: PostgresPool,
  work: (reader: pg.PoolClient, writer: pg.PoolClient) => Promise<void>,
): Promise<void> {
  const reader = await source.connect();
  const writer = await copy.connect().catch((error: unknown) => {
    reader.release(true);
    throw error;
  });
  // The loss of a connection is an event beside the rejection of what is under way.
  for (const client of [reader, writer]) client.on('error', () => undefined);
  let healthy = false;
  try {
    await reader.query(
      "SET search_path = ''; SET row_security = off; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'",
    );
    await writer.query("SET synchronous_commit = off; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'");
    await work(reader, writer);
    healthy = true;
  } finally {
    reader.release(!healthy);
    writer.release(!healthy);
  }
}
