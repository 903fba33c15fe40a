import { createHash } from 'node:crypto';
import { type Cell, type Column, exportColumns } from '../../shared/dataverse/columns.ts';
import { derivedAttributes } from '../../shared/dataverse/derived.ts';
import type { EntityMetadata } from '../../shared/dataverse/metadata.ts';
import type { Source } from '../../shared/dataverse/port.ts';
import type { Onlooker } from '../databases/onlooker.ts';

/** What became of one table. */
export interface Reconciliation {
  readonly entity: string;
  readonly rows: number;
  /** Equal on both sides when nothing differs. */
  readonly checksum: string;
  /** The first rows that differ, each with the columns or the side on which it is missing. */
  readonly differences: readonly string[];
}

const DIFFERENCES_MAX = 20;
const PAGE_ROWS = 2_000;
const SEPARATOR = '\u001f';
const NULL = '\u0000';

/** A table's rows by id, each as one text of its compared columns. */
type Rows = Map<string, string>;

/** Reads an entity as a whole on both sides and compares every value as the destination's type holds it. */
export async function reconcile(source: Source, destination: Onlooker, entityName: string): Promise<Reconciliation> {
  const entity = await source.metadata(entityName);
  const columns = comparedColumns(entity);
  const [wanted, held] = await Promise.all([
    sourceRows(source, entity, columns, destination.kind),
    destinationRows(destination, entity, columns),
  ]);
  return {
    entity: entityName,
    rows: held.size,
    checksum: checksum(held),
    differences: differences(wanted, held, columns),
  };
}

/** Without what the metadata calls derived: it changes without a new version of the row. */
function comparedColumns(entity: EntityMetadata): Column[] {
  const belonging = entity.attributes.filter(({ attributeOf }) => attributeOf !== undefined);
  const derived = new Set([...derivedAttributes(entity), ...belonging].map(({ logicalName }) => logicalName));
  return exportColumns(entity).filter(({ attribute }) => !derived.has(attribute));
}

async function sourceRows(
  source: Source,
  entity: EntityMetadata,
  columns: readonly Column[],
  kind: Onlooker['kind'],
): Promise<Rows> {
  const rows: Rows = new Map();
  const names = exportColumns(entity).map(({ name }) => name);
  const cells = columns.map((column) => ({ column, index: names.indexOf(column.name) }));
  for (let from: Parameters<Source['read']>[1] | null = { kind: 'rows' }; from !== null; ) {
    const page = await source.read(entity, from, PAGE_ROWS);
    for (const row of page.rows) {
      rows.set(
        String(row[0]).toLowerCase(),
        cells.map(({ column, index }) => canonical(column, row[index] ?? null, kind)).join(SEPARATOR),
      );
    }
    from = page.next === null ? null : { kind: 'next', link: page.next };
  }
  return rows;
}

async function destinationRows(
  destination: Onlooker,
  entity: EntityMetadata,
  columns: readonly Column[],
): Promise<Rows> {
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
  const textOf = TEXTS[destination.kind];
  const texts = columns.map(({ name, type }, k) => `${textOf(quoted(name), type)} AS c${k}`);
  const rows = await destination.query<Record<string, string | null>>(
    `SELECT ${textOf(quoted(destination.kind === 'postgres' ? 'id' : 'Id'), 'uuid')} AS id, ${texts.join(', ')}
     FROM ${quoted('dbo')}.${quoted(entity.logicalName)}`,
  );
  const cellsOf = (row: Record<string, string | null>) => columns.map(({ type }, k) => told(type, row[`c${k}`]));
  return new Map(rows.map((row) => [String(row.id), cellsOf(row).join(SEPARATOR)]));
}

/** Zero milliseconds are left out by some. */
function told(type: Column['type'], text: string | null | undefined): string {
  if (text === null || text === undefined) return NULL;
  return type === 'datetime' ? new Date(text).toISOString() : text;
}

type ToText = (expression: string, type: Column['type']) => string;

/** How each kind of database says a value as `canonical` does. */
const TEXTS: Readonly<Record<Onlooker['kind'], ToText>> = {
  postgres: (value, type) =>
    type === 'datetime' ? `to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` : `${value}::text`,
  sqlserver(value, type) {
    if (type === 'datetime') return `CONVERT(varchar(33), CAST(${value} AS datetime2(3)), 126) + 'Z'`;
    if (type === 'bit') return `CASE ${value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END`;
    return type === 'uuid' ? `LOWER(CAST(${value} AS varchar(36)))` : `CAST(${value} AS nvarchar(max))`;
  },
};

/** A cell as it is written once its column's type holds it. */
function canonical({ type, scale = 0 }: Column, cell: Cell, kind: Onlooker['kind']): string {
  if (cell === null) return NULL;
  if (type === 'decimal') return decimalText(String(cell), scale);
  if (type === 'datetime') return momentText(Date.parse(String(cell)), kind);
  return type === 'uuid' ? String(cell).toLowerCase() : String(cell);
}

/** SQL Server's type counts in steps of 1/300 s, and shows them in milliseconds. */
function momentText(ms: number, kind: Onlooker['kind']): string {
  return new Date(kind === 'postgres' ? ms : Math.round((Math.round(ms * 0.3) * 10) / 3)).toISOString();
}

/** Rounded half away from zero, with all digits of the scale. */
function decimalText(text: string, scale: number): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const digits = BigInt(whole + fraction || '0');
  const shift = scale + Number(exponent) - fraction.length;
  const scaled =
    shift >= 0 ? digits * 10n ** BigInt(shift) : (digits + 5n * 10n ** BigInt(-shift - 1)) / 10n ** BigInt(-shift);
  const padded = scaled.toString().padStart(scale + 1, '0');
  const sign = text.startsWith('-') && scaled !== 0n ? '-' : '';
  return scale === 0 ? sign + padded : `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

function checksum(rows: Rows): string {
  const hash = createHash('sha256');
  for (const id of [...rows.keys()].toSorted()) hash.update(`${id}${SEPARATOR}${rows.get(id)}\n`);
  return hash.digest('hex').slice(0, 12);
}

function differences(wanted: Rows, held: Rows, columns: readonly Column[]): string[] {
  const found: string[] = [];
  for (const [id, row] of wanted) {
    const other = held.get(id);
    if (other === undefined) found.push(`${id}: missing in the destination`);
    else if (other !== row) found.push(`${id}: ${differingColumns(row, other, columns)}`);
  }
  for (const id of held.keys()) if (!wanted.has(id)) found.push(`${id}: not in the organization`);
  return found.slice(0, DIFFERENCES_MAX);
}

function differingColumns(row: string, other: string, columns: readonly Column[]): string {
  const held = other.split(SEPARATOR);
  const differing = row
    .split(SEPARATOR)
    .flatMap((cell, index) =>
      cell === held[index] ? [] : [`${columns[index]?.name} (${cell} is ${held[index]} there)`],
    );
  return differing.join(', ');
}
