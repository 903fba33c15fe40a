import type { Column } from '../../dataverse/columns.ts';
import { quoteName } from '../../sql/sqlserver/names.ts';
import { METADATA_TABLES } from '../metadata-tables.ts';
import type { ObjectName, OwnObject, TableNames } from '../sql/statements.ts';
import { createEntityIdType, createEntityTable, createEntityType, createTable, lockRowsAlone } from './ddl.ts';
import { BY_BYTES, entityTypes, keyName, listOf, listType, quoted, upsertProcedure } from './dialect.ts';
import { createListType, createMetadataTable, createUpsertProcedure } from './metadata-tables.ts';

/** What the original makes when a profile is activated, and Freshet's two, in the order of making: procedures come after their types. */
export function ownObjects(names: TableNames, deleteLog: boolean): OwnObject[] {
  const { metadata, position, retry } = names;
  const lists = METADATA_TABLES.filter((kind) => listOf(kind) === kind);
  return [
    made('table', position, createPositionTable(position)),
    made('table', retry, createRetryTable(retry), ...createRetryIndexes(retry)),
    ...METADATA_TABLES.map((kind) => made('table', metadata[kind], createMetadataTable(kind, metadata[kind]))),
    ...(deleteLog ? [made('table', names.deleteLog, createDeleteLog(names.deleteLog))] : []),
    ...lists.map((kind) => made('type', listType(names, kind), createListType(kind, listType(names, kind)))),
    ...METADATA_TABLES.map((kind) =>
      made('procedure', upsertProcedure(names, kind), createUpsertProcedure(names, kind)),
    ),
  ];
}

/** No procedure depends on an entity's types: the published script that removes one entity drops none. */
export function entityObjects(names: TableNames, entity: string, columns: readonly Column[]): OwnObject[] {
  const table = names.entity(entity);
  const { rows, ids } = entityTypes(names, entity);
  return [
    made('table', table, createEntityTable(table, columns), lockRowsAlone(table)),
    made('type', rows, createEntityType(rows, columns)),
    made('type', ids, createEntityIdType(ids)),
  ];
}

function made(kind: OwnObject['kind'], object: ObjectName, ...statements: string[]): OwnObject {
  return { object, kind, statements };
}

/** A name, an id in lower case, or what tells pages and settlements apart. */
const NAME = `nvarchar(128) ${BY_BYTES}`;
/** Of a blob. */
const PATH = `nvarchar(400) ${BY_BYTES}`;

const keyOf = (table: ObjectName): string => `CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY CLUSTERED`;

/** Counters and snapshots begun are JSON; the stamp is kept as Freshet counts it. */
function createPositionTable(table: ObjectName): string {
  return createTable(table, [
    `entity ${NAME} NOT NULL ${keyOf(table)}`,
    `profileid ${NAME} NOT NULL`,
    `page ${NAME} NOT NULL`,
    'number bigint NOT NULL',
    'stamp bigint NOT NULL',
    'begins nvarchar(max) NOT NULL',
    'counters nvarchar(max) NOT NULL',
  ]);
}

/** The id is text, for a record may be refused because its id is no UUID. Times are ms since 1970 UTC. */
function createRetryTable(table: ObjectName): string {
  return createTable(table, [
    `entity ${NAME} NOT NULL`,
    `recordid ${NAME} NOT NULL`,
    `blob ${PATH} NOT NULL`,
    'changetype nvarchar(10) NOT NULL',
    'attempts int NOT NULL',
    'code nvarchar(64) NOT NULL',
    'reason nvarchar(max) NOT NULL',
    'notifiedat bigint NULL',
    'dueat bigint NULL',
    'failedat bigint NULL',
    `settlementid ${NAME} NULL`,
    'logged bit NOT NULL',
    'stamp bigint NOT NULL',
    `${keyOf(table)} (entity, recordid)`,
  ]);
}

function createRetryIndexes(table: ObjectName): string[] {
  const index = (name: string, columns: string) =>
    `CREATE INDEX ${quoteName(`IX_FreshetRetry_${name}`)} ON ${quoted(table)} (${columns})`;
  return [index('DueAt', 'dueat'), index('Blob', 'blob'), index('FailedAt', 'failedat, settlementid')];
}

function createDeleteLog(table: ObjectName): string {
  return createTable(table, [
    `[Id] bigint IDENTITY(1, 1) NOT NULL ${keyOf(table)}`,
    '[EntityName] nvarchar(64) NOT NULL',
    '[RecordId] nvarchar(64) NOT NULL',
    '[SinkDeleteTime] datetime NOT NULL',
    '[VersionNumber] bigint NOT NULL',
  ]);
}
