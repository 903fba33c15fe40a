import { FreshetError } from '../../errors/error.ts';
import type { MaskedColumn } from '../masks.ts';
import { columnsOf, meansTable, type ScrubRule } from '../scrub-rules.ts';
import type { RuleStatements } from './statements.ts';

/** The tables that rules are about, as a catalog describes them. */

export interface SqlColumn {
  readonly name: string;
  /** As a statement writes it: `character varying(100)`. */
  readonly type: string;
  /** How a value of a rule is compared with it. */
  readonly compared: 'number' | 'flag' | 'text';
  /** Null where no mask fits. */
  readonly masked: MaskedColumn | null;
  /** What a statement may write: the server makes the values of some columns itself, and others take no NULL. */
  readonly writes: 'anything' | 'values' | 'nothing';
}

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export interface SqlTable<C extends SqlColumn = SqlColumn> extends TableName {
  /** Quoted, with its schema. */
  readonly relation: string;
  /** By name in lower case. */
  readonly columns: ReadonlyMap<string, C>;
  /** Columns of unique indexes without gaps, the primary key first: ways to walk through the table. */
  readonly keys: readonly (readonly string[])[];
  /** As the server counts along, or its indexes were made; negative: not known. */
  readonly rows: number;
  /** Something refers to its rows, and TRUNCATE is refused. */
  readonly isReferenced: boolean;
}

export interface ColumnName {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** The tables that a rule or query means. SCRUB_COLUMN_MISSING when one lacks a column that it names. */
export async function tablesFor<S, T extends SqlTable>(
  session: S,
  { readTables }: Pick<RuleStatements<S, T>, 'readTables'>,
  rule: { readonly id: string; readonly table: string; readonly action?: string },
  columns: readonly string[],
): Promise<T[]> {
  const tables = await readTables(session, ({ schema, name }) => meansTable(rule, schema, name));
  for (const table of tables) {
    const missing = columns.find((column) => !table.columns.has(column.toLowerCase()));
    if (missing)
      throw new FreshetError('SCRUB_COLUMN_MISSING', { rule: rule.id, column: missing, table: nameOf(table) });
  }
  return tables;
}

export function tablesOfRule<S, T extends SqlTable>(
  session: S,
  statements: Pick<RuleStatements<S, T>, 'readTables'>,
  rule: ScrubRule,
): Promise<T[]> {
  return tablesFor(session, statements, rule, columnsOf(rule));
}

/** As findings and outcomes name it. */
export function nameOf({ schema, name }: TableName): string {
  return `${schema}.${name}`;
}

export function columnOf<C extends SqlColumn>(table: SqlTable<C>, column: string): C {
  const found = table.columns.get(column.toLowerCase());
  if (!found) throw new FreshetError('SCRUB_COLUMN_MISSING', { rule: '', column, table: nameOf(table) });
  return found;
}
