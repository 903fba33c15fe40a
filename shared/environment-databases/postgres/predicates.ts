import { quoteName } from '../../sql/postgres/names.ts';
import { numberOf, textOf } from '../conditions.ts';
import { type Condition, conditionsOf, type Scalar, type ScrubRule } from '../scrub-rules.ts';
import { columnOf, type StandingColumn, type StandingTable } from './tables.ts';

/** Conditions of rules in SQL: names are quoted, values are parameters, always. What they mean stands in conditions.ts. */

export class Parameters {
  readonly values: unknown[] = [];

  /** The next parameter's place, with its type. */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

const AS_NUMBER = { number: (name: string) => name, flag: (name: string) => `${name}::integer` } as const;

export function conditionText(table: StandingTable, condition: Condition, parameters: Parameters): string {
  const column = columnOf(table, condition.column);
  const name = quoteName(column.name);
  switch (condition.op) {
    case 'isNull':
      return `${name} IS NULL`;
    case 'notNull':
      return `${name} IS NOT NULL`;
    case '=':
      return isOneOf(column, [condition.value], condition.ignoreCase, parameters);
    case '<>':
      return `(${name} IS NULL OR NOT ${isOneOf(column, [condition.value], condition.ignoreCase, parameters)})`;
    case 'in':
      return isOneOf(column, condition.value, condition.ignoreCase, parameters);
    case 'notIn':
      return `(${name} IS NULL OR NOT ${isOneOf(column, condition.value, condition.ignoreCase, parameters)})`;
    case 'like':
      return isLike(name, condition, parameters);
    case 'notLike':
      return `(${name} IS NULL OR NOT ${isLike(name, condition, parameters)})`;
  }
}

function isOneOf(
  { name, compared }: StandingColumn,
  values: readonly Scalar[],
  ignoreCase: boolean | undefined,
  parameters: Parameters,
): string {
  const quoted = quoteName(name);
  if (compared !== 'text') {
    const numbers = values.map(numberOf).filter(Number.isFinite);
    return `(${AS_NUMBER[compared](quoted)} = ANY (${parameters.add(numbers, 'numeric[]')}))`;
  }
  const texts = values.map(textOf);
  if (!ignoreCase) return `(${quoted}::text COLLATE "C" = ANY (${parameters.add(texts, 'text[]')}))`;
  const lower = texts.map((text) => text.toLowerCase());
  return `(lower(${quoted}::text COLLATE "default") COLLATE "C" = ANY (${parameters.add(lower, 'text[]')}))`;
}

function isLike(
  name: string,
  { value, ignoreCase }: { value: string; ignoreCase?: true },
  parameters: Parameters,
): string {
  const pattern = parameters.add(value, 'text');
  return ignoreCase
    ? `(${name}::text COLLATE "default" ILIKE ${pattern} ESCAPE '')`
    : `(${name}::text COLLATE "C" LIKE ${pattern} ESCAPE '')`;
}

/** Which rows the rule changes; a row that is already as it wants is not among them. */
export function ruleText(table: StandingTable, rule: ScrubRule, parameters: Parameters): string {
  const parts = conditionsOf(rule).map((condition) => conditionText(table, condition, parameters));
  const change = changeText(table, rule, parameters);
  return [...parts, ...(change ? [change] : [])].join(' AND ') || 'true';
}

function changeText(table: StandingTable, rule: ScrubRule, parameters: Parameters): string | null {
  switch (rule.action) {
    case 'set': {
      const column = columnOf(table, rule.column);
      const name = quoteName(column.name);
      return `(${name} IS NULL OR NOT ${isOneOf(column, [rule.value], undefined, parameters)})`;
    }
    case 'null':
      return `${quoteName(columnOf(table, rule.column).name)} IS NOT NULL`;
    case 'mask': {
      const { name, masked } = columnOf(table, rule.column);
      // What a mask could hide: see `tellsSomething`.
      const pattern = masked?.kind === 'number' ? '[1-9]' : '[0-9A-Za-z]|[^\\u0001-\\u007f]';
      return `${quoteName(name)}::text COLLATE "C" ~ ${parameters.add(pattern, 'text')}`;
    }
    case 'keep':
      return 'false';
    default:
      return null;
  }
}
