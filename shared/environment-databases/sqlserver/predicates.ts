import { quoteName } from '../../sql/sqlserver/names.ts';
import { numberOf, textOf } from '../conditions.ts';
import { type Condition, conditionsOf, type Scalar, type ScrubRule } from '../scrub-rules.ts';
import type { Places } from './places.ts';
import { columnOf, type StandingColumn, type StandingTable } from './tables.ts';
import { columnText } from './types.ts';

/** Conditions of rules in T-SQL: names are quoted, values are parameters, always. What they mean stands in conditions.ts. */

/** Texts are compared by their code units, whatever the database's collation says. */
export const BY_BYTES = 'COLLATE Latin1_General_BIN2';

/** SQL Server takes blanks at the end of a text for nothing; behind this they are something. */
const END = "N'.'";

/** No column name holds it, so what stands for nothing needs no parameter. */
const NEVER = '1 = 0';

export function conditionText(table: StandingTable, condition: Condition, places: Places): string {
  const column = columnOf(table, condition.column);
  const name = quoteName(column.name);
  switch (condition.op) {
    case 'isNull':
      return `${name} IS NULL`;
    case 'notNull':
      return `${name} IS NOT NULL`;
    case '=':
      return isOneOf(column, [condition.value], condition.ignoreCase, places);
    case '<>':
      return `(${name} IS NULL OR NOT ${isOneOf(column, [condition.value], condition.ignoreCase, places)})`;
    case 'in':
      return isOneOf(column, condition.value, condition.ignoreCase, places);
    case 'notIn':
      return `(${name} IS NULL OR NOT ${isOneOf(column, condition.value, condition.ignoreCase, places)})`;
    case 'like':
      return isLike(column, condition, places);
    case 'notLike':
      return `(${name} IS NULL OR NOT ${isLike(column, condition, places)})`;
  }
}

function isOneOf(
  column: StandingColumn,
  values: readonly Scalar[],
  ignoreCase: boolean | undefined,
  places: Places,
): string {
  if (column.compared !== 'text') {
    const numbers = values.map(numberOf).filter(Number.isFinite);
    if (numbers.length === 0) return `(${NEVER})`;
    return `(${numberText(column)} IN (${numbers.map((value) => places.number(value)).join(', ')}))`;
  }
  const texts = values.map(textOf).map((value) => (ignoreCase ? value.toLowerCase() : value));
  const value = ignoreCase ? `LOWER(${columnText(column)})` : columnText(column);
  const list = texts.map((one) => `${places.text(one)} + ${END}`).join(', ');
  return `((${value} + ${END}) ${BY_BYTES} IN (${list}))`;
}

/** A flag is 1 or 0. */
export function numberText({ name, compared }: StandingColumn): string {
  return compared === 'flag' ? `CAST(${quoteName(name)} AS int)` : quoteName(name);
}

/** A bracket begins a set of characters in SQL Server's patterns, and is nothing but itself in a rule's. */
function isLike(
  column: StandingColumn,
  { value, ignoreCase }: { value: string; ignoreCase?: true },
  places: Places,
): string {
  const pattern = (ignoreCase ? value.toLowerCase() : value).replaceAll('[', '[[]');
  const text = ignoreCase ? `LOWER(${columnText(column)})` : columnText(column);
  return `(${text} ${BY_BYTES} LIKE ${places.text(pattern)})`;
}

/** Which rows the rule changes; a row that is already as it wants is not among them. */
export function ruleText(table: StandingTable, rule: ScrubRule, places: Places): string {
  const parts = conditionsOf(rule).map((condition) => conditionText(table, condition, places));
  const change = changeText(table, rule, places);
  return [...parts, ...(change ? [change] : [])].join(' AND ') || '1 = 1';
}

function changeText(table: StandingTable, rule: ScrubRule, places: Places): string | null {
  switch (rule.action) {
    case 'set': {
      const column = columnOf(table, rule.column);
      return `(${quoteName(column.name)} IS NULL OR NOT ${isOneOf(column, [rule.value], undefined, places)})`;
    }
    case 'null':
      return `${quoteName(columnOf(table, rule.column).name)} IS NOT NULL`;
    case 'mask':
      return tellsText(columnOf(table, rule.column), places);
    case 'keep':
      return NEVER;
    default:
      return null;
  }
}

/** ASCII that tells nothing of whoever wrote it, so that a text of nothing else has no mask (`tellsSomething`). */
const MUTE = Array.from({ length: 127 }, (_, k) => String.fromCharCode(k + 1))
  .filter((character) => !/[0-9A-Za-z ]/.test(character))
  .join('');

/** What a mask could hide. */
function tellsText(column: StandingColumn, places: Places): string {
  const { name, masked } = column;
  if (masked?.kind === 'number') return `(${quoteName(name)} <> 0)`;
  if (masked?.kind !== 'text') return `(${quoteName(name)} IS NOT NULL)`;
  const [mute, blanks] = [places.text(MUTE), places.text(' '.repeat(MUTE.length))];
  const told = `TRANSLATE(${columnText(column)} ${BY_BYTES}, ${mute} ${BY_BYTES}, ${blanks})`;
  return `(REPLACE(${told}, N' ', N'') <> N'')`;
}
