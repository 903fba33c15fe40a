import { type Column, columnsOfNewTable, exportColumns } from '../../shared/dataverse/columns.ts';
import type { Attribute, EntityMetadata } from '../../shared/dataverse/metadata.ts';
import { NO_COUNTERS } from '../../shared/destination/accounting.ts';
import type { Batch, RetryEntry } from '../../shared/destination/model.ts';
import type { Destination } from '../../shared/destination/port.ts';
import { SqlDestination } from '../../shared/destination/sql/destination.ts';
import { SQL_SERVER } from '../../shared/destination/sqlserver/destination.ts';
import { keyName, objectNames } from '../../shared/destination/sqlserver/dialect.ts';
import { unitsOn } from '../../shared/sql/sqlserver/session.ts';
import { type Answers, answerOf, RecordingServer } from '../support/recording-server.ts';

/** Every statement for a profile's tables, by driving the destination itself through all that it can be asked. */

const ID = '6c2b4b1e-0000-4abc-8def-0123456789ab';
const PAGE = { page: 'page-2', number: 2 };

const attribute = (logicalName: string, type: Attribute['type'], rest: Partial<Attribute> = {}): Attribute => ({
  logicalName,
  schemaName: logicalName,
  metadataId: null,
  type,
  ...rest,
});

function entityNamed(name: string): EntityMetadata {
  const labels = [{ languageCode: 1033, text: name }];
  return {
    logicalName: name,
    schemaName: name,
    displayName: name,
    entitySetName: `${name}s`,
    objectTypeCode: null,
    primaryIdAttribute: `${name}id`,
    primaryNameAttribute: null,
    isIntersect: false,
    isActivity: false,
    changeTracking: true,
    attributes: [
      attribute(`${name}id`, 'UniqueidentifierType'),
      attribute('statecode', 'StateType', { options: [{ value: 0, labels }] }),
      attribute('donotphone', 'BooleanType'),
      attribute('ownerid', 'OwnerType', { targets: ['systemuser', 'team'] }),
      attribute('revenue', 'MoneyType', { precision: 2 }),
      attribute(`${name} name`, 'StringType', { maxLength: 100 }),
      attribute('description', 'MemoType'),
      attribute('createdon', 'DateTimeType'),
      attribute('numberofemployees', 'IntegerType'),
      attribute('versionnumber', 'BigIntType'),
    ],
    manyToMany: [],
    manyToOne: [],
    oneToMany: [],
  };
}

/** A table as it stood before attributes became wider, others were added, and one was made anew with another type. */
function olderColumns(columns: readonly Column[]): object[] {
  const told = (name: string, type: string, length: number | null = null) => ({
    ...{ kind: 'BASE TABLE', name, type, length, precision: type === 'decimal' ? 20 : null },
    scale: type === 'decimal' ? 1 : null,
  });
  const standing = columns.flatMap(({ name, type }) => {
    if (type === 'string') return [told(name, 'nvarchar', 5)];
    if (type === 'decimal') return [told(name, 'decimal')];
    if (type === 'bit') return [told(name, 'uniqueidentifier')];
    return type === 'int' ? [] : [told(name, type === 'uuid' ? 'uniqueidentifier' : type === 'text' ? 'ntext' : type)];
  });
  return [
    told('Id', 'uniqueidentifier'),
    told('SinkCreatedOn', 'datetime'),
    told('SinkModifiedOn', 'datetime'),
    ...standing,
  ];
}

const NOWHERE = 'Server=127.0.0.1,1;Initial Catalog=d;User ID=nobody';

const HELD = { stamp: '1', counters: JSON.stringify({ ...NO_COUNTERS, retrying: 1 }), begins: '{"snapshot":1}' };
const RETRY: RetryEntry = {
  entity: 'account',
  id: ID,
  blob: 'blob',
  changeType: 'New',
  attempts: 0,
  code: 'RECORD_REFUSED',
  reason: 'refused',
  notifiedAt: null,
  dueAt: 1,
  failedAt: null,
  settlementId: null,
};
const RETRY_ROW = { ...RETRY, recordid: ID, changetype: 'New', notifiedat: null, dueat: '1', failedat: null };

function answersFor(names: readonly string[], standing: readonly object[], keys: readonly string[]): Answers {
  return [
    [/sp_getapplock/, [{ result: 0 }]],
    [/TABLE_TYPE/, standing],
    [/FROM (INFORMATION_SCHEMA|sys\.table_types)/, names.map((name) => ({ name }))],
    [/sys\.index_columns/, [{ columns: 1, name: 'Id' }]],
    [/sys\.key_constraints/, keys.map((name) => ({ name }))],
    [/HAS_PERMS_BY_NAME/, [{}]],
    [/DATABASEPROPERTYEX/, [{ user: 'dbo', database: 'd', updateability: 'READ_WRITE', schemastands: names.length }]],
    [/OUTPUT inserted\.page/, []],
    [/OUTPUT/, [{ ...HELD, entity: 'account' }]],
    [/SELECT TOP \(@limit\) entity|SELECT entity/, [{ ...RETRY_ROW, stamp: '1' }]],
    // A table without rows is filled anew.
    [/#freshet_unseen|@present|@failed/, [{ count: 1, present: Math.sign(names.length), retrying: 0, failed: 0 }]],
  ];
}

export interface Sample {
  readonly schema: string;
  readonly prefix: string;
  readonly entity: string;
}

/** The statements in the order of their first use. */
export async function destinationStatements({ schema, prefix, entity: name }: Sample): Promise<string[]> {
  const entity = entityNamed(name);
  const columns = exportColumns(entity);
  const names = objectNames({ schema, prefix });
  const definitions = SQL_SERVER.definitions;
  const objects = [
    ...definitions.ownObjects(names, true),
    ...definitions.entityObjects(names, name, columnsOfNewTable(entity)),
  ];
  const all = objects.map(({ object }) => object.name);
  const keys = objects.map(({ object }) => keyName(object));
  const statements: string[] = [];
  for (const [standing, told] of [
    [[], []],
    [all, olderColumns(columns)],
  ] as const) {
    const answers = answersFor(standing, told, keys);
    const server = new RecordingServer((heard) => answerOf(answers, heard) ?? []);
    const destination = new SqlDestination(unitsOn(server.connect(NOWHERE)), SQL_SERVER, {
      ...{ profileId: 'p', schema, prefix },
    });
    await useAll(destination, entity, columns);
    statements.push(...server.statements);
  }
  return [...new Set(statements)];
}

async function useAll(destination: Destination, entity: EntityMetadata, columns: readonly Column[]): Promise<void> {
  const { logicalName } = entity;
  await destination.examine([logicalName], { deleteLog: true });
  await destination.existingTables([logicalName]);
  await destination.prepare({ deleteLog: true });
  await destination.shape(entity);
  await destination.shape(entity, null);
  await destination.describe(entity);
  await destination.describes(logicalName);
  await destination.positions();
  for (const expected of [null, 'page-1']) await destination.place(logicalName, expected, PAGE);
  await destination.claim([logicalName], ['former']);
  for (const batch of batchesOf(logicalName, columns)) {
    await destination.apply(batch);
    await destination.apply(batch, 'trial');
  }
  await destination.dueRetries(1, 10);
  await destination.nextRetryAt();
  await destination.settleRetries({
    id: 'settlement',
    entity: logicalName,
    write: { columns, rows: [rowOf(columns)], entries: [RETRY] },
    deletions: [RETRY],
    refused: [{ entry: RETRY, code: 'RECORD_REFUSED', reason: 'again', dueAt: null }],
    deleteLog: true,
    now: 1,
  });
  await destination.unloggedFailures(10);
  await destination.markLogged(['settlement']);
  await destination.reviveFailures(logicalName, 1);
  const held = await destination.heldColumns(logicalName, columns);
  await destination.heldRows(logicalName, held, { ids: [ID] });
  for (const after of [null, ID]) await destination.heldRows(logicalName, columns, { after, limit: 10 });
  await destination.refusedIds(logicalName, [ID]);
  await destination.openBlobs(['blob']);
  await destination.forget(logicalName);
  await destination.drop(logicalName);
  await destination.dropOwn();
}

/** Few rows and many, written over what says the same and while a resync fills the table; with a log and without. */
function* batchesOf(entity: string, columns: readonly Column[]): Generator<Batch> {
  const batch = {
    entity,
    ...{ expected: 'page-1', to: PAGE, columns, deletions: [ID], begins: [], ends: [], read: 2, now: 1 },
    refused: [
      { id: ID, deletion: false, blob: 'blob', code: 'RECORD_REFUSED', reason: 'refused', notifiedAt: null, dueAt: 1 },
    ],
  };
  for (const rows of [1, 3, 1_000])
    for (const deleteLog of [true, false])
      yield { ...batch, rows: Array.from({ length: rows }, () => rowOf(columns)), deleteLog };
  yield { ...batch, rows: [rowOf(columns)], deleteLog: true, begins: ['snapshot'], ends: ['snapshot'] };
}

function rowOf(columns: readonly Column[]) {
  return columns.map((_, k) => (k === 0 ? ID : null));
}
