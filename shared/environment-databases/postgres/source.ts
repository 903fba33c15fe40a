import type { Session } from '../../sql/postgres/session.ts';
import {
  AFTER_ROWS,
  AFTER_SCRUB,
  BEFORE_ROWS,
  EXTENSIONS,
  INDEXES,
  LOCALE,
  ROWS,
  SEQUENCE_NAMES,
} from './definitions.ts';

/** All that a copy is made of but the rows, as one snapshot of the source shows it. */
export interface Blueprint {
  /** The options of CREATE DATABASE. */
  readonly creation: string;
  readonly encoding: string;
  readonly extensions: readonly { readonly name: string; readonly statement: string }[];
  readonly beforeRows: readonly string[];
  readonly tables: readonly SourceTable[];
  /** By table, each in the order in which they are made. */
  readonly indexes: ReadonlyMap<string, readonly string[]>;
  readonly afterRows: readonly string[];
  readonly afterScrub: readonly string[];
}

export interface SourceTable {
  readonly id: string;
  /** Quoted, with its schema. */
  readonly relation: string;
  /** The file of its rows: another one means that they were emptied or rewritten. */
  readonly file: string;
  readonly bytes: number;
  /** 0: it cannot be read by blocks. */
  readonly blocks: number;
  /** Quoted; null for a table without columns of its own. */
  readonly columns: string | null;
  readonly isBinary: boolean;
}

export interface SequenceValue {
  readonly name: string;
  readonly value: string;
  readonly isCalled: boolean;
}

export async function readBlueprint(session: Session): Promise<Blueprint> {
  await session.query("SET LOCAL search_path = ''; SET LOCAL row_security = off");
  const { creation, encoding } = await readLocale(session);
  return {
    creation,
    encoding,
    extensions: await session.query(EXTENSIONS),
    beforeRows: await statementsOf(session, BEFORE_ROWS),
    tables: await readTables(session),
    indexes: await readIndexes(session),
    afterRows: await statementsOf(session, AFTER_ROWS),
    afterScrub: await statementsOf(session, AFTER_SCRUB),
  };
}

async function statementsOf(session: Session, questions: readonly string[]): Promise<string[]> {
  const statements: string[] = [];
  for (const question of questions) {
    statements.push(...(await session.query<{ statement: string }>(question)).map(({ statement }) => statement));
  }
  return statements;
}

async function readTables(session: Session): Promise<SourceTable[]> {
  type Row = Omit<SourceTable, 'bytes' | 'blocks'> & { readonly bytes: string; readonly blocks: string };
  const rows = await session.query<Row>(ROWS);
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes), blocks: Number(row.blocks) }));
}

async function readIndexes(session: Session): Promise<Map<string, string[]>> {
  const indexes = new Map<string, string[]>();
  for (const { relation, statement } of await session.query<{ relation: string; statement: string }>(INDEXES)) {
    indexes.set(relation, [...(indexes.get(relation) ?? []), statement]);
  }
  return indexes;
}

/** Sequences asked in one statement. */
const SEQUENCES_AT_ONCE = 100;

/** Values are outside of every snapshot: read after the rows, they are none that a row of the copy has not yet passed. */
export async function readSequences(session: Session): Promise<SequenceValue[]> {
  const names = (await session.query<{ name: string }>(SEQUENCE_NAMES)).map(({ name }) => name);
  const values: SequenceValue[] = [];
  for (let k = 0; k < names.length; k += SEQUENCES_AT_ONCE) {
    const some = names.slice(k, k + SEQUENCES_AT_ONCE);
    const questions = some.map(
      (name, n) => `SELECT $${n + 1}::text AS name, last_value::text AS value, is_called AS "isCalled" FROM ${name}`,
    );
    values.push(...(await session.query<SequenceValue>(questions.join(' UNION ALL '), some)));
  }
  return values;
}

/** LC_COLLATE, LC_CTYPE and the provider's own locale, whose field has had three names. */
async function readLocale(session: Session): Promise<Pick<Blueprint, 'creation' | 'encoding'>> {
  const [row] = await session.query<{ facts: Record<string, string | null>; encoding: string }>(LOCALE);
  if (!row) throw new Error('the catalog answered nothing');
  const { facts, encoding } = row;
  const locale = facts.datlocale ?? facts.daticulocale;
  const provider = { c: 'libc', i: 'icu', b: 'builtin' }[facts.datlocprovider ?? ''];
  const parts: [option: string, value: string | null | undefined][] = [
    ['ENCODING', encoding],
    ['LC_COLLATE', facts.datcollate],
    ['LC_CTYPE', facts.datctype],
    ['LOCALE_PROVIDER', provider],
    [provider === 'icu' ? 'ICU_LOCALE' : 'BUILTIN_LOCALE', provider && locale],
    ['ICU_RULES', facts.daticurules],
  ];
  const creation: string[] = [];
  for (const [option, value] of parts) {
    if (!value) continue;
    const [literal] = await session.query<{ text: string }>('SELECT quote_literal($1::text) AS text', [value]);
    creation.push(`${option} ${literal?.text ?? ''}`);
  }
  return { creation: creation.join(' '), encoding };
}
