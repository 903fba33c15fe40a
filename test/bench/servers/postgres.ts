import { startPostgres } from '../../../local/postgres/postgres.ts';
import { removePostgresData } from '../../../local/postgres/remove.ts';
import type { Column } from '../../../shared/dataverse/columns.ts';
import { PostgresDestination } from '../../../shared/destination/postgres/destination.ts';
import { columnType, tableNames } from '../../../shared/destination/postgres/dialect.ts';
import { copyText, rowShape } from '../../../shared/destination/postgres/staging.ts';
import { connect, type PostgresPool } from '../../../shared/sql/postgres/connect.ts';
import { quoteName, quoteTable } from '../../../shared/sql/postgres/names.ts';
import { inTransaction, onConnection } from '../../../shared/sql/postgres/session.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { Kind } from '../rows.ts';
import type { Server } from './server.ts';

export interface PostgresServer extends Server {
  readonly pool: PostgresPool;
}

/** A PostgreSQL with the durability of a real one, for this process alone. */
export async function withPostgres(work: (server: PostgresServer) => Promise<void>): Promise<void> {
  const data = await temporaryFolder('bench');
  const postgres = await startPostgres({ port: 0, data, databases: ['bench'] });
  const pool = connect(postgres.url('bench'));
  const server = serverOn(pool);
  try {
    await server.empty();
    await work(server);
  } finally {
    await pool.end();
    await postgres.stop();
    await removePostgresData(data);
  }
}

/** Many in a small table are few. */
const SPREAD_IDS = 20_000;

function serverOn(pool: PostgresPool): PostgresServer {
  const all = (text: string, values?: readonly unknown[]) =>
    onConnection(pool, (session) => session.query(text, values));
  const idsOf = async (text: string) => (await all(text)).map(({ id }) => String(id));
  return {
    pool,
    limits: {
      'apply.insert': { ratioToCopy: '>= 0.25', ratioToNaive: '>= 20' },
      'apply.update': { ratioToCopy: '>= 0.18', ratioToNaive: '>= 20' },
    },
    open(kind, address) {
      const names = tableNames(address);
      return {
        destination: new PostgresDestination(pool, address),
        table: quoteTable(names.entity(kind.entity.logicalName)),
        retry: quoteTable(names.retry),
      };
    },
    ask: async (question) => (await all(question))[0] ?? {},
    async empty() {
      await all('DROP SCHEMA IF EXISTS dbo CASCADE');
      await all('CREATE SCHEMA dbo');
      await all('CHECKPOINT');
    },
    analyze: async (table) => void (await all(`ANALYZE ${table}`)),
    async settle() {
      await all('VACUUM ANALYZE');
      await all('CHECKPOINT');
    },
    createLoaded: async (name, kind) => void (await all(createTable(name, kind, ''))),
    loader(name, { columns }, rows) {
      const chunks = [...copyText(rowShape(columns), rows)];
      return () => inTransaction(pool, (session) => session.copy(`COPY dbo.${name} FROM STDIN`, chunks));
    },
    createKeyed: async (name, kind) =>
      void (await all(createTable(name, kind, `, PRIMARY KEY (${quoteName(kind.columns[0]?.name ?? '')})`))),
    async upsertEach(name, { columns }, rows) {
      const names = columns.map((column) => quoteName(column.name));
      const text = `INSERT INTO dbo.${name} (${names.join(', ')}) VALUES (${names.map((_, k) => `$${k + 1}`).join(', ')})
        ON CONFLICT (${names[0]}) DO UPDATE SET ${names.map((one) => `${one} = excluded.${one}`).join(', ')}`;
      await onConnection(pool, async (session) => {
        for (const row of rows) await session.query(text, row);
      });
    },
    async fill(table, kind, rows) {
      const names = kind.columns.map((column) => quoteName(column.name));
      const like = kind.row('', 1).slice(1);
      const values = like.map((cell, k) => `'${cell}'::${columnType(kind.columns[k + 1] as Column)}`);
      await all(`INSERT INTO ${table} (id, sinkcreatedon, sinkmodifiedon, ${names.join(', ')})
        SELECT id, now(), now(), id, ${values.join(', ')} FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, ${rows})) ids`);
    },
    ids: (table, place) =>
      place === 'near'
        ? idsOf(`SELECT id FROM ${table} LIMIT 10000`)
        : idsOf(`SELECT id FROM ${table} ORDER BY random() LIMIT ${SPREAD_IDS}`),
    async upsertBare(table, column, rows) {
      const name = quoteName(column);
      await all(
        `INSERT INTO ${table} (id, ${name}) SELECT id, text FROM unnest($1::uuid[], $2::text[]) AS r (id, text)
         ORDER BY id ON CONFLICT (id) DO UPDATE SET ${name} = excluded.${name}`,
        [rows.map(([id]) => id), rows.map(([, text]) => text)],
      );
    },
  };
}

function createTable(name: string, { columns }: Kind, more: string): string {
  const definitions = columns.map((column) => `${quoteName(column.name)} ${columnType(column)}`).join(', ');
  return `CREATE TABLE dbo.${name} (${definitions}${more})`;
}
