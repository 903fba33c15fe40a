import { quoteName } from '../../sql/sqlserver/names.ts';
import type { Staged } from '../../sql/sqlserver/staging.ts';
import type { ObjectName, Upsert } from '../sql/statements.ts';
import { exactly, ID, quoted, SINK_CREATED_ON, SINK_MODIFIED_ON, type TableColumn } from './dialect.ts';
import type { RowShape } from './staging.ts';

/** How staged rows get into their table. Each statement takes their parameters, and `@at` unless they bring their own stamps. */

interface Stamps {
  /** Each row its own. */
  readonly ownStamps: boolean;
}

/** Adds rows without looking for them. */
export function additionStatement(
  table: ObjectName,
  { table: columns }: RowShape,
  { prelude, table: staging }: Pick<Staged, 'prelude' | 'table'>,
  { ownStamps }: Stamps,
): string {
  return `SET NOCOUNT ON;
${prelude}${insertion(table, columns, ownStamps)} ${staging} s
ORDER BY s.c0;
SELECT 0 AS present, 0 AS regressed`;
}

/**
 * Rows that stand with an older version are written first: in most batches these are all of them, and nothing is left to look for.
 * Else it counts what stands, updates the rest of that, then adds the others, in key order: a value that the customer declared
 * unique may go over to a new row.
 */
export function mergeStatement(
  table: ObjectName,
  { table: columns }: RowShape,
  { prelude, few }: Pick<Staged, 'prelude' | 'few'>,
  { same, ownStamps }: Pick<Upsert, 'same'> & Stamps,
): string {
  const joined = `${quoted(table)} t INNER JOIN ${few} s ON t.${quoteName(ID)} = s.c0`;
  const stamp = stampOf(ownStamps);
  const changes = [[SINK_MODIFIED_ON, stamp], ...columns.map((column) => [column.name, incoming(column)])];
  const update = `UPDATE t SET ${changes.map(([name, value]) => `${quoteName(name ?? '')} = ${value}`).join(', ')}
  FROM ${joined}`;

  const version = columns.find(
    ({ name, column }) => name.toLowerCase() === 'versionnumber' && column.type === 'bigint',
  );
  const versions = version && { held: `t.${quoteName(version.name)}`, incoming: `s.c${version.cell}` };
  const newer =
    versions && same === 'keep' && !ownStamps
      ? `${update} WHERE ${versions.held} < ${versions.incoming};\nSET @newer = @@ROWCOUNT;\n`
      : '';
  const modified = `t.${quoteName(SINK_MODIFIED_ON)}`;
  const rest = [
    ...(newer ? [`(${modified} IS NULL OR ${modified} <> ${stamp})`] : []),
    ...(same === 'keep' ? [`(${differs(columns, versions)})`] : []),
  ];
  const regressed = versions
    ? `ISNULL(SUM(CASE WHEN ${versions.held} > ${versions.incoming} THEN 1 ELSE 0 END), 0)`
    : '0';
  return `SET NOCOUNT ON;
${prelude}DECLARE @newer int = 0, @present int, @regressed int = 0;
${newer}SET @present = @newer;
IF @newer < @rows
  SELECT @present = COUNT(*), @regressed = ${regressed} FROM ${joined};
IF @present > @newer
  ${update}${rest.length > 0 ? ` WHERE ${rest.join(' AND ')}` : ''};
IF @present < @rows
  ${insertion(table, columns, ownStamps)} ${few} s
  WHERE NOT EXISTS (SELECT 1 FROM ${quoted(table)} t WHERE t.${quoteName(ID)} = s.c0)
  ORDER BY s.c0;
SELECT @present AS present, @regressed AS regressed`;
}

/** Up to its FROM. */
function insertion(table: ObjectName, columns: readonly TableColumn[], ownStamps: boolean): string {
  const names = [ID, SINK_CREATED_ON, SINK_MODIFIED_ON, ...columns.map(({ name }) => name)].map(quoteName);
  const stamp = stampOf(ownStamps);
  return `INSERT INTO ${quoted(table)} (${names.join(', ')})
SELECT ${['s.c0', stamp, stamp, ...columns.map(incoming)].join(', ')} FROM`;
}

function stampOf(ownStamps: boolean): string {
  return ownStamps ? 's.stamp' : '@at';
}

/** A decimal was staged as text. */
function incoming({ type, cell, column }: TableColumn): string {
  return column.type === 'decimal' ? `CAST(s.c${cell} AS ${type})` : `s.c${cell}`;
}

/**
 * The version first: where it is another, as in most rows that change, no other column is compared. EXCEPT takes two values
 * that are missing for the same; <> would not.
 */
function differs(
  columns: readonly TableColumn[],
  versions: { readonly held: string; readonly incoming: string } | undefined,
): string {
  const isText = ({ column: { type } }: TableColumn) => type === 'string' || type === 'text';
  const side = (value: (column: TableColumn) => string) =>
    columns.map((column) => (isText(column) ? exactly(value(column)) : value(column))).join(', ') || '1';
  const held = side(({ name }) => `t.${quoteName(name)}`);
  const cells = `EXISTS (SELECT ${held} EXCEPT SELECT ${side(incoming)})`;
  return versions ? `${versions.held} <> ${versions.incoming} OR ${cells}` : cells;
}
