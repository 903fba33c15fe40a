import { randomUUID } from 'node:crypto';
import { type Cell, type Column, exportColumns } from '../../shared/dataverse/columns.ts';
import type { Attribute, AttributeType, EntityMetadata } from '../../shared/dataverse/metadata.ts';

const attribute = (logicalName: string, type: AttributeType, rest: Partial<Attribute> = {}): Attribute => ({
  logicalName,
  schemaName: logicalName,
  metadataId: null,
  type,
  ...rest,
});

/** Twelve columns with the types that a real table has most of. */
export const ENTITY: EntityMetadata = {
  logicalName: 'account',
  schemaName: 'Account',
  displayName: 'Account',
  entitySetName: 'accounts',
  objectTypeCode: 1,
  primaryIdAttribute: 'accountid',
  primaryNameAttribute: 'name',
  isIntersect: false,
  isActivity: false,
  changeTracking: true,
  attributes: [
    attribute('accountid', 'UniqueidentifierType'),
    attribute('statecode', 'StateType'),
    attribute('statuscode', 'StatusType'),
    attribute('donotphone', 'BooleanType'),
    attribute('ownerid', 'OwnerType', { targets: ['systemuser'] }),
    attribute('revenue', 'MoneyType', { precision: 2 }),
    attribute('name', 'StringType', { maxLength: 160 }),
    attribute('emailaddress1', 'StringType', { maxLength: 100 }),
    attribute('createdon', 'DateTimeType'),
    attribute('description', 'MemoType'),
    attribute('versionnumber', 'BigIntType'),
  ],
  manyToMany: [],
  manyToOne: [],
  oneToMany: [],
};

export const COLUMNS: readonly Column[] = exportColumns(ENTITY);

export function makeRows(count: number, version: number): Cell[][] {
  return Array.from({ length: count }, (_, k) => makeRow(randomUUID(), version + k));
}

/** The rows again, each with another text and a higher version. */
export function changedRows(rows: readonly (readonly Cell[])[], version: number): Cell[][] {
  return rows.map((row, k) => makeRow(String(row[0]), version + k));
}

function makeRow(id: string, version: number): Cell[] {
  const values: Record<string, Cell> = {
    accountid: id,
    statecode: 0,
    statuscode: 1,
    donotphone: version % 2 === 0,
    ownerid: 'b7a6d4a1-0000-4000-8000-0123456789ab',
    ownerid_entitytype: 'systemuser',
    revenue: `${version}.25`,
    name: `Account number ${version}`,
    emailaddress1: `account${version}@example.com`,
    createdon: '2024-03-01T10:20:30Z',
    description: `Some text and then some more of it, ${version}`,
    versionnumber: String(version),
  };
  return COLUMNS.map(({ name }) => values[name] ?? null);
}

export function* batchesOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
