import { textOf } from '../conditions.ts';
import { type Condition, conditionsOf, type Scalar, type ScrubRule, type SetRule } from '../scrub-rules.ts';
import { columnOf, type SqlColumn, type SqlTable } from './tables.ts';

/** Rules in SQL: names are quoted, values are parameters, always. What conditions mean stands in conditions.ts. */

export type LikeCondition = Extract<Condition, { op: 'like' | 'notLike' }>;

/** A dialect's words for it. `P` collects a statement's parameters while it is written. */
export interface RuleWords<C extends SqlColumn, P> {
  /** What every row meets, and what none does. */
  readonly always: string;
  readonly never: string;
  quoteName(name: string): string;
  /** UNKNOWN for what is not there. */
  isOneOf(column: C, values: readonly Scalar[], ignoreCase: boolean | undefined, parameters: P): string;
  /** UNKNOWN for what is not there. */
  isLike(column: C, condition: LikeCondition, parameters: P): string;
  /** Whether the column holds anything that a mask could hide: `tellsSomething` in masks.ts. */
  tellsSomething(column: C, parameters: P): string;
  /** A rule's value as one of the column; a text that is too long is refused where it is written, and not cut off here. */
  valueText(column: C, value: string, parameters: P): string;
}

export interface Predicates<C extends SqlColumn, P> {
  conditionText(table: SqlTable<C>, condition: Condition, parameters: P): string;
  /** Which rows the rule changes; a row that is already as it wants is not among them. */
  ruleText(table: SqlTable<C>, rule: ScrubRule, parameters: P): string;
  /** Whether a row holds what the rule sets. */
  holdsText(table: SqlTable<C>, rule: SetRule, parameters: P): string;
  /** How it changes them: a statement without its WHERE; null for a rule that is no such statement. */
  changeText(table: SqlTable<C>, rule: ScrubRule, parameters: P): string | null;
}

export function predicatesIn<C extends SqlColumn, P>(words: RuleWords<C, P>): Predicates<C, P> {
  return {
    conditionText: (table, condition, parameters) => conditionText(words, table, condition, parameters),
    ruleText(table, rule, parameters) {
      const parts = conditionsOf(rule).map((condition) => conditionText(words, table, condition, parameters));
      const unlike = unlikeText(words, table, rule, parameters);
      return [...parts, ...(unlike === null ? [] : [unlike])].join(' AND ') || words.always;
    },
    holdsText: (table, rule, parameters) => holdsText(words, table, rule, parameters),
    changeText: (table, rule, parameters) => changeText(words, table, rule, parameters),
  };
}

function conditionText<C extends SqlColumn, P>(
  words: RuleWords<C, P>,
  table: SqlTable<C>,
  condition: Condition,
  parameters: P,
): string {
  const column = columnOf(table, condition.column);
  const name = words.quoteName(column.name);
  switch (condition.op) {
    case 'isNull':
      return `${name} IS NULL`;
    case 'notNull':
      return `${name} IS NOT NULL`;
    case '=':
      return words.isOneOf(column, [condition.value], condition.ignoreCase, parameters);
    case '<>':
      return isNot(name, words.isOneOf(column, [condition.value], condition.ignoreCase, parameters));
    case 'in':
      return words.isOneOf(column, condition.value, condition.ignoreCase, parameters);
    case 'notIn':
      return isNot(name, words.isOneOf(column, condition.value, condition.ignoreCase, parameters));
    case 'like':
      return words.isLike(column, condition, parameters);
    case 'notLike':
      return isNot(name, words.isLike(column, condition, parameters));
  }
}

const isNot = (name: string, condition: string): string => `(${name} IS NULL OR NOT ${condition})`;

/** Which rows are not yet as the rule wants them. */
function unlikeText<C extends SqlColumn, P>(
  words: RuleWords<C, P>,
  table: SqlTable<C>,
  rule: ScrubRule,
  parameters: P,
): string | null {
  switch (rule.action) {
    case 'set':
      return isNot(words.quoteName(columnOf(table, rule.column).name), holdsText(words, table, rule, parameters));
    case 'null':
      return `${words.quoteName(columnOf(table, rule.column).name)} IS NOT NULL`;
    case 'mask':
      return words.tellsSomething(columnOf(table, rule.column), parameters);
    case 'keep':
      return words.never;
    default:
      return null;
  }
}

function holdsText<C extends SqlColumn, P>(
  words: RuleWords<C, P>,
  table: SqlTable<C>,
  { column, value }: SetRule,
  parameters: P,
): string {
  return words.isOneOf(columnOf(table, column), [value], undefined, parameters);
}

function changeText<C extends SqlColumn, P>(
  words: RuleWords<C, P>,
  table: SqlTable<C>,
  rule: ScrubRule,
  parameters: P,
): string | null {
  if (rule.action === 'delete') return `DELETE FROM ${table.relation}`;
  if (rule.action !== 'set' && rule.action !== 'null') return null;
  const column = columnOf(table, rule.column);
  const value = rule.action === 'null' ? 'NULL' : words.valueText(column, textOf(rule.value), parameters);
  return `UPDATE ${table.relation} SET ${words.quoteName(column.name)} = ${value}`;
}
