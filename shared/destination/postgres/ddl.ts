import type { Column } from '../../dataverse/columns.ts';
import { FreshetError } from '../../errors/error.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import {
  columnType,
  ID,
  keyName,
  quoted,
  SINK_CREATED_ON,
  SINK_MODIFIED_ON,
  type TableName,
  tableColumns,
} from './dialect.ts';
import type { StandingTable } from './introspect.ts';

/** Statements that make tables, and the plan that makes a standing table fit. Everything here is pure. */

/** A little room on each page lets an update stay on it, and touch no index. */
const ENTITY_FILL_PERCENT = 90;

export function createSchema(schema: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`;
}

export function createEntityTable(table: TableName, columns: readonly Column[]): string {
  const definitions = [
    `${quoteName(ID)} uuid NOT NULL CONSTRAINT ${quoteName(keyName(table))} PRIMARY KEY`,
    `${quoteName(SINK_CREATED_ON)} timestamp(3)`,
    `${quoteName(SINK_MODIFIED_ON)} timestamp(3)`,
    ...tableColumns(columns).map(({ name, column }) => `${quoteName(name)} ${columnType(column)}`),
  ];
  return `CREATE TABLE ${quoted(table)} (${definitions.join(', ')}) WITH (fillfactor = ${ENTITY_FILL_PERCENT})`;
}

/**
 * One ALTER TABLE per column to add or widen; nothing is dropped or narrowed. DESTINATION_SCHEMA_CHANGED names what no
 * widening mends.
 */
export function alterEntityTable(table: TableName, standing: StandingTable, columns: readonly Column[]): string[] {
  if (!standing.isTable) throw changed(`${table.name} is no table`);
  if (!standing.hasKey) throw changed(`table ${table.name} has no unique key on column ${ID}`);
  const wanted = [
    { name: ID, type: 'uuid' },
    { name: SINK_CREATED_ON, type: 'timestamp(3)' },
    { name: SINK_MODIFIED_ON, type: 'timestamp(3)' },
    ...tableColumns(columns).map(({ name, column }) => ({ name, type: columnType(column) })),
  ];
  return wanted.flatMap(({ name, type }) => {
    const held = standing.columns.get(name);
    if (held === undefined) return [`ALTER TABLE ${quoted(table)} ADD COLUMN ${quoteName(name)} ${type}`];
    const change = widen(held, type);
    if (change === 'incompatible')
      throw changed(`column ${name} of table ${table.name} is ${held} and has to be ${type}`);
    return change === null ? [] : [`ALTER TABLE ${quoted(table)} ALTER COLUMN ${quoteName(name)} TYPE ${change}`];
  });
}

/** The type to change to, null when the standing one holds all values already. `held` is as PostgreSQL writes types. */
export function widen(held: string, wanted: string): string | null | 'incompatible' {
  const from = readType(held);
  const to = readType(wanted);
  if (from.family !== to.family) return 'incompatible';
  if (from.family !== 'numeric') return from.size < to.size ? wanted : null;
  if (from.scale >= to.scale && from.size >= to.size) return null;
  return `numeric(${to.size},${Math.max(from.scale, to.scale)})`;
}

interface ReadType {
  readonly family: string;
  /** Characters, bits, digits or digits of a second: the more, the wider. */
  readonly size: number;
  readonly scale: number;
}

const TIMESTAMP_DIGITS = 6;

function readType(type: string): ReadType {
  const [, base = type, size, scale] = /^([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?(?: without time zone)?$/.exec(type) ?? [];
  const given = size === undefined ? null : Number(size);
  switch (base) {
    case 'text':
    case 'varchar':
    case 'character varying':
      return { family: 'text', size: given ?? Number.POSITIVE_INFINITY, scale: 0 };
    case 'integer':
      return { family: 'whole', size: 32, scale: 0 };
    case 'bigint':
      return { family: 'whole', size: 64, scale: 0 };
    case 'timestamp':
      return { family: 'timestamp', size: given ?? TIMESTAMP_DIGITS, scale: 0 };
    case 'numeric':
      return given === null
        ? { family: 'numeric', size: Number.POSITIVE_INFINITY, scale: Number.POSITIVE_INFINITY }
        : { family: 'numeric', size: given, scale: Number(scale ?? 0) };
    default:
      return { family: base, size: 0, scale: 0 };
  }
}

function changed(text: string): FreshetError {
  return new FreshetError('DESTINATION_SCHEMA_CHANGED', { text });
}
