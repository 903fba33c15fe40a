import pg from 'pg';
import { type Cell, type Column, exportColumns } from '../../../shared/dataverse/columns.ts';
import { heldValue } from '../../../shared/destination/cells.ts';
import { openPostgresDestination } from '../../../shared/destination/postgres/destination.ts';
import { tableColumns, tableNames } from '../../../shared/destination/postgres/dialect.ts';
import { quoteName, quoteTable } from '../../../shared/sql/postgres/names.ts';
import { borrowDatabase, giveBackDatabase } from '../../support/postgres.ts';
import { ADDRESS, type DestinationHarness, type StandingRow } from './harness.ts';

export interface PostgresHarness extends DestinationHarness {
  readonly url: string;
  /** A connection of somebody who looks on. */
  readonly client: pg.Client;
}

export async function makePostgresHarness(server: string): Promise<PostgresHarness> {
  const url = await borrowDatabase(server);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const opened: { close(): Promise<void> }[] = [];
  const names = tableNames(ADDRESS);
  return {
    url,
    client,
    dates: { firstYear: 1, coarse: false },
    open(address) {
      const destination = openPostgresDestination(url, { ...ADDRESS, ...address });
      opened.push(destination);
      return destination;
    },
    async rows(entity, address) {
      const table = tableNames({ ...ADDRESS, ...address }).entity(entity.logicalName);
      const columns = tableColumns(exportColumns(entity));
      const texts = columns.map(({ name }) => `${quoteName(name)}::text`);
      const { rows } = await client.query<(string | null)[]>({
        text: `SELECT id::text, ${msOf('sinkcreatedon')}, ${msOf('sinkmodifiedon')}${texts.map((text) => `, ${text}`).join('')}
          FROM ${quoteTable(table)} ORDER BY id`,
        rowMode: 'array',
      });
      return rows.map(
        ([id, created, modified, ...cells]): StandingRow => ({
          id: String(id),
          createdOn: Number(created),
          modifiedOn: Number(modified),
          cells: Object.fromEntries(columns.map(({ column }, k) => [column.name, readCell(column, cells[k] ?? null)])),
        }),
      );
    },
    async deletions() {
      const { rows } = await client.query<{ entity: string; id: string; version: string }>(
        `SELECT entityname AS entity, recordid AS id, versionnumber::text AS version FROM ${quoteTable(names.deleteLog)} ORDER BY id`,
      );
      return rows;
    },
    async forbid({ name, deletionOf }) {
      const table = quoteTable(names.entity('account'));
      if (name) await client.query(`ALTER TABLE ${table} ADD CHECK (name <> ${pg.escapeLiteral(name)}) NOT VALID`);
      if (deletionOf) {
        await client.query(`CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN IF old.id = ${pg.escapeLiteral(deletionOf)} THEN RAISE EXCEPTION 'a rule forbids it'; END IF; RETURN old; END $$`);
        await client.query(`CREATE TRIGGER keep BEFORE DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION keep()`);
      }
    },
    async dropTable({ logicalName }) {
      await client.query(`DROP TABLE ${quoteTable(names.entity(logicalName))}`);
    },
    async dropOwnTables() {
      await client.query(`DROP TABLE ${quoteTable(names.position)}, ${quoteTable(names.retry)}`);
    },
    async close() {
      await Promise.all(opened.map((destination) => destination.close()));
      await client.end();
      await giveBackDatabase(url);
    },
  };
}

function msOf(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000)::bigint::text`;
}

function readCell(column: Column, text: string | null): Cell {
  if (text === null) return null;
  return column.type === 'bit' ? text === 'true' : heldValue(column, text);
}
