import type { Cell } from '../../../shared/dataverse/columns.ts';
import { exportColumns } from '../../../shared/dataverse/columns.ts';
import { openSqlServerDestination } from '../../../shared/destination/sqlserver/destination.ts';
import { ID, objectNames, SINK_CREATED_ON, SINK_MODIFIED_ON } from '../../../shared/destination/sqlserver/dialect.ts';
import { readHeldRows } from '../../../shared/destination/sqlserver/held-rows.ts';
import { connect } from '../../../shared/sql/sqlserver/connect.ts';
import { quoteName, quoteTable } from '../../../shared/sql/sqlserver/names.ts';
import { onConnection, type Parameters } from '../../../shared/sql/sqlserver/session.ts';
import { borrowSqlServerDatabase, giveBackSqlServerDatabase } from '../../support/sqlserver.ts';
import { ADDRESS, type DestinationHarness, type StandingRow } from './harness.ts';

export interface SqlServerHarness extends DestinationHarness {
  readonly connectionString: string;
  /** A question of somebody who looks on. */
  ask<Row>(text: string, parameters?: Parameters): Promise<Row[]>;
  run(statement: string): Promise<void>;
  /** A reader who looks at one moment of the database, whatever is written meanwhile: `look` answers with the first row. */
  reading(work: (look: (question: string) => Promise<Record<string, unknown>>) => Promise<void>): Promise<void>;
}

const BABELFISH_LACKS = {
  scripts: 'Babelfish’s catalog does not find the names of types in other scripts',
  longNames: 'Babelfish cuts names after 63 bytes in its catalog',
  oddTypeNames: 'Babelfish loses the quotes around a type of a procedure’s parameters',
};
const EVERY_ROW = { after: null, limit: 100_000 };

export async function makeSqlServerHarness(): Promise<SqlServerHarness> {
  const connectionString = await borrowSqlServerDatabase();
  const pool = connect(connectionString);
  const opened: { close(): Promise<void> }[] = [];
  const names = objectNames(ADDRESS);
  const ask = <Row>(question: string, parameters?: Parameters) =>
    onConnection(pool, (session) => session.query<Row>(question, parameters));
  const run = (statement: string) => onConnection(pool, (session) => session.run(statement));
  const [server] = await ask<{ babelfish: string | null }>(
    "SELECT CAST(SERVERPROPERTY('BabelfishVersion') AS nvarchar(30)) AS babelfish",
  );
  return {
    lacks: server?.babelfish ? BABELFISH_LACKS : {},
    connectionString,
    ask,
    run,
    async reading(work) {
      // What an administrator switches on for reports, where a server does not have it always on.
      if (!server?.babelfish) await run('ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON');
      await onConnection(pool, async (session) => {
        await session.run('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION');
        await work(async (question) => (await session.query<Record<string, unknown>>(question))[0] ?? {});
        await session.run('COMMIT TRANSACTION');
      });
    },
    dates: { firstYear: 1753, coarse: true },
    open(address) {
      const destination = openSqlServerDestination(connectionString, { ...ADDRESS, ...address });
      opened.push(destination);
      return destination;
    },
    async rows(entity, address) {
      const table = objectNames({ ...ADDRESS, ...address }).entity(entity.logicalName);
      const columns = exportColumns(entity);
      const times = await ask<{ id: string; created: Date; modified: Date }>(
        `SELECT ${quoteName(ID)} AS id, ${quoteName(SINK_CREATED_ON)} AS created, ${quoteName(SINK_MODIFIED_ON)} AS modified
         FROM ${quoteTable(table)}`,
      );
      const held = await onConnection(pool, (session) => readHeldRows(session, table, columns, EVERY_ROW));
      const cellsOf = new Map(held.map(({ id, cells }) => [id, cells]));
      const rows = times.map(
        ({ id, created, modified }): StandingRow => ({
          id,
          createdOn: created.getTime(),
          modifiedOn: modified.getTime(),
          cells: Object.fromEntries(columns.map(({ name }, k): [string, Cell] => [name, cellsOf.get(id)?.[k] ?? null])),
        }),
      );
      return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    deletions: () =>
      ask(
        `SELECT [EntityName] AS entity, [RecordId] AS id, CAST([VersionNumber] AS varchar(20)) AS version
         FROM ${quoteTable(names.deleteLog)} ORDER BY [Id]`,
      ),
    async forbid({ name, deletionOf }) {
      const table = quoteTable(names.entity('account'));
      const literal = (value: string) => `N'${value.replaceAll("'", "''")}'`;
      if (name) await run(`ALTER TABLE ${table} ADD CHECK ([name] <> ${literal(name)})`);
      if (deletionOf)
        await run(`CREATE TRIGGER [dbo].[keep] ON ${table} AFTER DELETE AS
          IF EXISTS (SELECT 1 FROM deleted WHERE [Id] = ${literal(deletionOf)}) RAISERROR('a rule forbids it', 16, 1)`);
    },
    dropTable: ({ logicalName }) => run(`DROP TABLE ${quoteTable(names.entity(logicalName))}`),
    dropOwnTables: () => run(`DROP TABLE ${quoteTable(names.position)}; DROP TABLE ${quoteTable(names.retry)}`),
    async close() {
      await Promise.all(opened.map((destination) => destination.close()));
      await pool.end();
      await giveBackSqlServerDatabase(connectionString);
    },
  };
}
