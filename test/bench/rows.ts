import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Cell, type Column, exportColumns } from '../../shared/dataverse/columns.ts';
import type { EntityMetadata } from '../../shared/dataverse/metadata.ts';
import { readAttributes } from '../../shared/dataverse/web-api/attributes.ts';
import { attribute, entityMetadata } from '../unit/dataverse/entity.ts';

/** An entity whose rows are measured. */
export interface Kind {
  readonly entity: EntityMetadata;
  readonly columns: readonly Column[];
  readonly row: (id: string, version: number) => Cell[];
}

/** Twelve columns with the types that a real table has most of. */
const twelve = entityMetadata('account', [
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
]);

const captured = readFileSync(new URL('../fixtures/web-api/account-attributes.json', import.meta.url), 'utf8');
/** The real `account` with all its attributes. */
const wide = entityMetadata('account', readAttributes(JSON.parse(captured) as unknown[]));
/** Cells that have a value, of five: the attributes of a real table are far from being all used. */
const FILLED_OF_FIVE = 2;

export const TWELVE: Kind = kindOf(twelve, (columns) => {
  const values = (id: string, version: number): Record<string, Cell> => ({
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
  });
  return (id, version) => {
    const row = values(id, version);
    return columns.map(({ name }) => row[name] ?? null);
  };
});

export const WIDE: Kind = kindOf(wide, (columns) => (id, version) => {
  const cellOf = (column: Column, k: number): Cell => {
    if (k === 0) return id;
    if (column.name === 'versionnumber') return String(version);
    return k % 5 < FILLED_OF_FIVE ? usualValue(column, version) : null;
  };
  return columns.map(cellOf);
});

function kindOf(entity: EntityMetadata, rowOf: (columns: readonly Column[]) => Kind['row']): Kind {
  const columns = exportColumns(entity);
  return { entity, columns, row: rowOf(columns) };
}

/** A value that a column's type often has. */
export function usualValue({ type, length = Number.POSITIVE_INFINITY }: Column, row: number): Cell {
  if (type === 'uuid') return idOfRow(row);
  if (type === 'int') return row % 7;
  if (type === 'bit') return row % 2 === 0;
  if (type === 'bigint' || type === 'decimal') return String(row * 1000 + 7);
  if (type === 'datetime') return '2026-05-04T10:11:12Z';
  return `Some text of row ${row}`.slice(0, length);
}

export const idOfRow = (row: number) => `60c4e274-0d87-e711-80e5-${row.toString(16).padStart(12, '0')}`;

export function makeRows({ row }: Kind, count: number, version: number): Cell[][] {
  return Array.from({ length: count }, (_, k) => row(randomUUID(), version + k));
}

/** Rows of these ids, each with other values and a higher version. */
export function rowsOf({ row }: Kind, ids: readonly string[], version: number): Cell[][] {
  return ids.map((id, k) => row(id, version + k));
}

export function* batchesOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
