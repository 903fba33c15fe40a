import { quoteName } from '../../sql/sqlserver/names.ts';
import { numberOf, textOf } from '../conditions.ts';
import { type Condition, conditionsOf, type Scalar, type ScrubRule } from '../scrub-rules.ts';
import { columnOf } from '../sql/tables.ts';
import type { Places } from './places.ts';
import { BY_BYTES, numberText } from './predicates.ts';
import type { StandingColumn, StandingTable } from './tables.ts';
import { columnText } from './types.ts';

/**
 * Which rows a rule should have left none of, asked with other operators than the rule's own T-SQL (predicates.ts), so that
 * a mistake there is not repeated by the question that looks for it.
 */
export function remainingText(table: StandingTable, rule: ScrubRule, places: Places): string {
  const conditions = conditionsOf(rule).map((condition) => opinion(table, condition, places));
  return [...conditions, wrongText(table, rule, places)].join(' AND ');
}

function wrongText(table: StandingTable, rule: ScrubRule, places: Places): string {
  switch (rule.action) {
    case 'set':
      return isNot(among(columnOf(table, rule.column), [rule.value], undefined, places));
    case 'null':
      return isNot(absent(columnOf(table, rule.column)));
    default:
      return '1 = 1';
  }
}

function opinion(table: StandingTable, condition: Condition, places: Places): string {
  const column = columnOf(table, condition.column);
  switch (condition.op) {
    case 'isNull':
      return is(absent(column));
    case 'notNull':
      return isNot(absent(column));
    case '=':
      return is(among(column, [condition.value], condition.ignoreCase, places));
    case '<>':
      return isNot(among(column, [condition.value], condition.ignoreCase, places));
    case 'in':
      return is(among(column, condition.value, condition.ignoreCase, places));
    case 'notIn':
      return isNot(among(column, condition.value, condition.ignoreCase, places));
    case 'like':
      return is(matches(column, condition, places));
    case 'notLike':
      return isNot(matches(column, condition, places));
  }
}

/** What is not known is not so: neither of the two is ever UNKNOWN. */
const is = (condition: string): string => `CASE WHEN ${condition} THEN 1 ELSE 0 END = 1`;
const isNot = (condition: string): string => `CASE WHEN ${condition} THEN 1 ELSE 0 END = 0`;

const absent = ({ name }: StandingColumn): string => `COALESCE(DATALENGTH(${quoteName(name)}), -1) < 0`;

function among(
  column: StandingColumn,
  values: readonly Scalar[],
  ignoreCase: boolean | undefined,
  places: Places,
): string {
  if (column.compared !== 'text') {
    const numbers = values.map(numberOf).filter(Number.isFinite);
    const differences = numbers.map((value) => `NULLIF(${numberText(column)}, ${places.number(value)}) IS NULL`);
    return `(NOT ${absent(column)} AND (${differences.join(' OR ') || '1 = 0'}))`;
  }
  const value = columnText(column);
  const same = values.map(textOf).map((one) => {
    const wanted = places.text(one);
    const begins = ignoreCase
      ? `CHARINDEX(UPPER(${value}) ${BY_BYTES}, UPPER(${wanted})) = 1`
      : `CHARINDEX(${value} ${BY_BYTES}, ${wanted}) = 1`;
    // An empty text is found nowhere.
    return `(DATALENGTH(${value}) = DATALENGTH(${wanted}) AND (${begins} OR DATALENGTH(${wanted}) = 0))`;
  });
  return `(${same.join(' OR ')})`;
}

/** Between two points, so that neither text nor pattern is ever empty. */
function matches(
  column: StandingColumn,
  { value, ignoreCase }: { value: string; ignoreCase?: true },
  places: Places,
): string {
  const pattern = places.text(`.${value.replaceAll('[', '[[]')}.`);
  const text = `(N'.' + ${columnText(column)} + N'.')`;
  return ignoreCase
    ? `PATINDEX(UPPER(${pattern}) ${BY_BYTES}, UPPER(${text}) ${BY_BYTES}) > 0`
    : `PATINDEX(${pattern} ${BY_BYTES}, ${text} ${BY_BYTES}) > 0`;
}
