import { z } from 'zod';
import { FreshetError } from '../errors/error.ts';

/**
 * The declarative rule file: what a copy must not keep of its source. Names of tables and columns are compared without
 * regard to case; a table without a schema (`dbo.Table`) means every table of that name. Values never become part of a statement.
 */

const VALUE_MAX_CHARACTERS = 1_000;
/** More parameters than SQL Server takes in one statement would not be portable (2,100 there). */
const LIST_MAX_VALUES = 1_000;
const RULES_MAX = 10_000;

const text = z.string().max(VALUE_MAX_CHARACTERS);
const scalar = z.union([text, z.number(), z.boolean()]);
const nameOf = (of: string) =>
  z
    .string()
    .min(1, { error: `the name of a ${of} is empty` })
    .max(256)
    .refine((name) => name.isWellFormed() && !name.includes('\0'), { error: `the name of a ${of} is no text` });
const table = nameOf('table');
const column = nameOf('column');
const ignoreCase = z.literal(true).optional();

/** A value that is absent (NULL) is not equal, not in a list and not alike: what is not known to be exempt is scrubbed. */
const condition = z.discriminatedUnion('op', [
  z.strictObject({ column, op: z.enum(['=', '<>']), value: scalar, ignoreCase }),
  z.strictObject({
    column,
    op: z.enum(['in', 'notIn']),
    value: z.array(scalar).min(1).max(LIST_MAX_VALUES),
    ignoreCase,
  }),
  z.strictObject({ column, op: z.enum(['like', 'notLike']), value: text, ignoreCase }),
  z.strictObject({ column, op: z.enum(['isNull', 'notNull']) }),
]);

const common = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: 'an id is made of small letters, digits and hyphens' }),
  title: z.string().min(1).max(200),
  /** The element of the document that the rule belongs to. */
  element: z.string().min(1).max(200).optional(),
  table,
  /** A version may lack the table: no reason to refuse the operation. */
  optional: z.literal(true).optional(),
};
const where = z.array(condition).max(100).optional();

/**
 * delete: rows · truncate: all rows · set, null: a column, where it holds something else · mask: a column's values, each
 * replaced by one that tells nothing of it · keep: looked at, and copied as it is (for `unknownColumns`); its table may end in *.
 */
const rule = z.discriminatedUnion('action', [
  z.strictObject({ ...common, action: z.literal('delete'), where }),
  z.strictObject({ ...common, action: z.literal('truncate') }),
  z.strictObject({ ...common, action: z.literal('set'), column, value: scalar, where }),
  z.strictObject({ ...common, action: z.literal('null'), column, where }),
  z.strictObject({
    ...common,
    action: z.literal('mask'),
    column,
    mask: z.enum(['keepFormat', 'hash', 'fake']),
    /** Equal values with equal seeds get equal masks, in every table and refresh. Absent: a random one of this copy, forgotten with the scrub. */
    seed: z.string().min(1).max(200).optional(),
    where,
  }),
  z.strictObject({ ...common, action: z.literal('keep'), column: column.optional() }),
]);

/** The jobs of recurring import and export that are not stopped: rows of a table, told by one of its columns. */
const runningJobs = z.strictObject({ table, name: column, where: z.array(condition).min(1).max(100) });

const scrubRules = z.strictObject({
  version: z.literal(1),
  unknownColumns: z.enum(['allow', 'halt']),
  runningJobs,
  rules: z
    .array(rule)
    .max(RULES_MAX)
    .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, { error: 'two rules have one id' }),
});

export type Scalar = z.infer<typeof scalar>;
export type Condition = z.infer<typeof condition>;
export type ScrubRule = z.infer<typeof rule>;
export type SetRule = Extract<ScrubRule, { action: 'set' }>;
export type MaskRule = Extract<ScrubRule, { action: 'mask' }>;
export type RunningJobsQuery = z.infer<typeof runningJobs>;
export type ScrubRules = z.infer<typeof scrubRules>;

/** The rules of a file's JSON. SCRUB_RULES_INVALID says where and what, without repeating a value. */
export function parseScrubRules(json: unknown): ScrubRules {
  const parsed = scrubRules.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  throw new FreshetError('SCRUB_RULES_INVALID', { reason: `${place}${issue?.message ?? 'it cannot be read'}` });
}

/** The conditions of a rule; none means every row. */
export function conditionsOf(rule: ScrubRule): readonly Condition[] {
  return 'where' in rule ? (rule.where ?? []) : [];
}

/** Every column that a rule names. */
export function columnsOf(rule: ScrubRule): string[] {
  const own = 'column' in rule && rule.column !== undefined ? [rule.column] : [];
  return [...own, ...conditionsOf(rule).map((condition) => condition.column)];
}

/** Whether `rule` means the table `schema`.`name`. A `keep` may end in *, which stands for anything. */
export function meansTable(rule: { table: string; action?: string }, schema: string, name: string): boolean {
  const wanted = rule.table.toLowerCase();
  const names = [name.toLowerCase(), `${schema}.${name}`.toLowerCase()];
  if (rule.action !== 'keep' || !wanted.endsWith('*')) return names.includes(wanted);
  return names.some((it) => it.startsWith(wanted.slice(0, -1)));
}

/** The columns that no rule knows, as Table.COLUMN. Knows a column: a rule of its own, or one that empties its table. */
export function columnsWithoutRule(
  columns: readonly { readonly schema: string; readonly table: string; readonly column: string }[],
  rules: readonly ScrubRule[],
): string[] {
  const knows = (rule: ScrubRule, column: string) => {
    if (rule.action === 'truncate') return true;
    if (rule.action === 'delete') return conditionsOf(rule).length === 0;
    return rule.column === undefined || rule.column.toLowerCase() === column.toLowerCase();
  };
  return columns
    .filter(
      ({ schema, table, column }) => !rules.some((rule) => meansTable(rule, schema, table) && knows(rule, column)),
    )
    .map(({ table, column }) => `${table}.${column}`);
}
