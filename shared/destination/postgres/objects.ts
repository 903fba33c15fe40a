import type { Column } from '../../dataverse/columns.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import { METADATA_TABLES } from '../metadata-tables.ts';
import type { ObjectName, OwnObject, TableNames } from '../sql/statements.ts';
import { createEntityTable } from './ddl.ts';
import { indexName, keyName, quoted } from './dialect.ts';
import { createMetadataTable } from './metadata-tables.ts';

export function ownObjects(names: TableNames, deleteLog: boolean): OwnObject[] {
  const { position, retry, metadata } = names;
  return [
    table(position, createPositionTable(position)),
    table(retry, createRetryTable(retry), createDueIndex(retry), createBlobIndex(retry), createUnloggedIndex(retry)),
    ...METADATA_TABLES.map((kind) => table(metadata[kind], createMetadataTable(kind, metadata[kind]))),
    ...(deleteLog ? [table(names.deleteLog, createDeleteLog(names.deleteLog))] : []),
  ];
}

/** The table of an entity; nothing else belongs to it. */
export function entityObjects(names: TableNames, entity: string, columns: readonly Column[]): OwnObject[] {
  const name = names.entity(entity);
  return [table(name, createEntityTable(name, columns))];
}

function table(object: ObjectName, ...statements: string[]): OwnObject {
  return { object, kind: 'table', statements };
}

/** The position's few rows are rewritten with every transaction. */
const POSITION_FILL_PERCENT = 10;

/** Names that are looked up and never read aloud: compared by their bytes, which costs a fraction of a language's rules. */
const NAME = 'text COLLATE "C"';

/** `counters` and the stamp are kept as Freshet counts them; `begins` maps snapshots begun to their stamp. */
function createPositionTable(table: ObjectName): string {
  return `CREATE TABLE ${quoted(table)} (
    entity ${NAME} NOT NULL CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY, profileid text NOT NULL,
    page text NOT NULL, number bigint NOT NULL, stamp bigint NOT NULL, begins jsonb NOT NULL, counters jsonb NOT NULL
  ) WITH (fillfactor = ${POSITION_FILL_PERCENT})`;
}

/** The id is text, for a record may be refused because its id is no UUID. Times are ms since 1970 UTC. */
function createRetryTable(table: ObjectName): string {
  return `CREATE TABLE ${quoted(table)} (
    entity ${NAME} NOT NULL, id ${NAME} NOT NULL, blob ${NAME} NOT NULL, changetype text NOT NULL,
    attempts integer NOT NULL, code text NOT NULL, reason text NOT NULL, notifiedat bigint, dueat bigint,
    failedat bigint, settlementid ${NAME},
    logged boolean NOT NULL DEFAULT false, stamp bigint NOT NULL,
    CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY (entity, id)
  )`;
}

function createDueIndex(table: ObjectName): string {
  return `CREATE INDEX ${quoteName(indexName(table, 'due'))} ON ${quoted(table)} (dueat)
    WHERE dueat IS NOT NULL`;
}

function createBlobIndex(table: ObjectName): string {
  return `CREATE INDEX ${quoteName(indexName(table, 'blob'))} ON ${quoted(table)} (blob)`;
}

function createUnloggedIndex(table: ObjectName): string {
  return `CREATE INDEX ${quoteName(indexName(table, 'unlogged'))} ON ${quoted(table)} (settlementid)
    WHERE failedat IS NOT NULL AND NOT logged`;
}

function createDeleteLog(table: ObjectName): string {
  return `CREATE TABLE ${quoted(table)} (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY,
    entityname varchar(64) NOT NULL, recordid varchar(64) NOT NULL, sinkdeletetime timestamp(3) NOT NULL,
    versionnumber bigint NOT NULL
  )`;
}
