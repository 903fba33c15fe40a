import { randomUUID } from 'node:crypto';
import { startPostgres } from '../../local/postgres/postgres.ts';
import { removePostgresData } from '../../local/postgres/remove.ts';
import type { Page } from '../../shared/control/model.ts';
import type { Cell } from '../../shared/dataverse/columns.ts';
import { PostgresDestination } from '../../shared/destination/postgres/destination.ts';
import { tableNames } from '../../shared/destination/postgres/dialect.ts';
import { applyMerge } from '../../shared/export/apply/apply-merge.ts';
import { mergePages } from '../../shared/export/apply/merge.ts';
import type { ApplyTurn } from '../../shared/export/apply/turn.ts';
import { loadContent, type PageContent, storeContent } from '../../shared/export/pages.ts';
import { connect, type PostgresPool } from '../../shared/sql/postgres/connect.ts';
import { quoteTable } from '../../shared/sql/postgres/names.ts';
import { onConnection } from '../../shared/sql/postgres/session.ts';
import { turnOf } from '../support/apply-turn.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { World } from '../support/world.ts';
import type { Kind } from './rows.ts';

/** A PostgreSQL with the durability of a real one, for this process alone. */
export interface Server {
  readonly pool: PostgresPool;
  ask(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Every table of ours and of the benchmark is gone. */
  empty(): Promise<void>;
}

export async function withServer(work: (server: Server) => Promise<void>): Promise<void> {
  const data = await temporaryFolder('bench');
  const postgres = await startPostgres({ port: 0, data, databases: ['bench'] });
  const pool = connect(postgres.url('bench'));
  const ask: Server['ask'] = (text, values) => onConnection(pool, (session) => session.query(text, values));
  const empty = async () => {
    await ask('DROP SCHEMA IF EXISTS dbo CASCADE');
    await ask('CREATE SCHEMA dbo');
    await ask('CHECKPOINT');
  };
  try {
    await empty();
    await work({ pool, ask, empty });
  } finally {
    await pool.end();
    await postgres.stop();
    await removePostgresData(data);
  }
}

/** The pages of one transaction, stored as the reader stores them. */
export type Batch = readonly Page[];

/** Applies pages to a real destination, under a prefix of its own, the way `applyFeed` does but without a control database. */
export class Subject {
  readonly table: string;
  readonly retry: string;
  readonly destination: PostgresDestination;
  readonly #server: Server;
  readonly #kind: Kind;
  readonly #turn: ApplyTurn;
  #number = 0;

  private constructor(server: Server, kind: Kind, prefix: string, turn: ApplyTurn) {
    const address = { profileId: 'bench', schema: 'dbo', prefix };
    const names = tableNames(address);
    this.destination = new PostgresDestination(server.pool, address);
    this.table = quoteTable(names.entity(kind.entity.logicalName));
    this.retry = quoteTable(names.retry);
    this.#server = server;
    this.#kind = kind;
    this.#turn = { ...turn, destination: this.destination };
  }

  /** With an empty table, and pages in `world`. */
  static async begin(server: Server, kind: Kind, prefix: string, world: World): Promise<Subject> {
    const profileId = await world.addProfile(`bench-${randomUUID()}`);
    const subject = new Subject(server, kind, prefix, await turnOf(world, profileId));
    await subject.destination.prepare({ deleteLog: false });
    await subject.destination.shape(kind.entity);
    await subject.destination.place(kind.entity.logicalName, null, { page: '0', number: 0 });
    return subject;
  }

  async apply(pages: Batch): Promise<void> {
    const { ports } = this.#turn;
    const contents = await Promise.all(
      pages.map(async (page) => ({ page, content: (await loadContent(ports, page)) ?? lost() })),
    );
    const merge = mergePages(contents);
    const base = { ...this.#step(), columns: this.#kind.columns, begins: [], ends: [], read: merge.read };
    await applyMerge(this.#turn, base, merge.entries, '');
  }

  /** Rows that were refused as if by the destination. */
  async refuse(refused: Parameters<PostgresDestination['apply']>[0]['refused']): Promise<void> {
    const base = { ...this.#step(), columns: this.#kind.columns, begins: [], ends: [], read: refused.length };
    await this.destination.apply({ ...base, rows: [], deletions: [], refused });
  }

  /** A wrong table is not fast. `rows`: how many; `versions`: the sum of their versions. */
  async verify(rows: number, versions: number): Promise<void> {
    const sums = 'count(*)::integer AS rows, coalesce(sum(versionnumber), 0)::text AS versions';
    const [found] = await this.#server.ask(`SELECT ${sums} FROM ${this.table}`);
    if (found?.rows !== rows || found.versions !== String(versions))
      throw new Error(`the table holds ${JSON.stringify(found)} instead of ${rows} rows, versions ${versions}`);
  }

  #step() {
    const expected = String(this.#number++);
    const to = { page: String(this.#number), number: this.#number };
    return { entity: this.#kind.entity.logicalName, expected, to, deleteLog: false, now: Date.now() };
  }
}

/** Stores contents in `world` as pages that follow one another. */
export async function storePages(world: World, contents: readonly PageContent[]): Promise<Page[]> {
  const stored = contents.map(async (content): Promise<Page> => {
    const header = { id: '', previous: '', number: 0, shape: '', audience: null, snapshotId: null } as const;
    const { body, bytes } = await storeContent(world.ports, content);
    const entries = content.rows.length + content.deletions.length;
    return { ...header, begins: false, ends: false, notifiedAt: null, readAt: 0, entries, bytes, body };
  });
  return Promise.all(stored);
}

/** Rows of a page that holds nothing else. */
export const pageOfRows = (rows: readonly Cell[][]): PageContent => ({ rows, deletions: [] });

function lost(): never {
  throw new Error('a page of the benchmark is lost');
}
