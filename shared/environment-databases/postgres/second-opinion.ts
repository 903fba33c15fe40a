import { quoteName } from '../../sql/postgres/names.ts';
import { numberOf, textOf } from '../conditions.ts';
import { type Condition, conditionsOf, type Scalar, type ScrubRule } from '../scrub-rules.ts';
import { columnOf, type SqlColumn, type SqlTable } from '../sql/tables.ts';
import type { Parameters } from './predicates.ts';

/**
 * Which rows a rule should have left none of, asked with other operators than the rule's own SQL (predicates.ts), so that
 * a mistake there is not repeated by the question that looks for it.
 */
export function remainingText(table: SqlTable, rule: ScrubRule, parameters: Parameters): string {
  const conditions = conditionsOf(rule).map((condition) => opinion(table, condition, parameters));
  return [...conditions, wrongText(table, rule, parameters)].join(' AND ');
}

function wrongText(table: SqlTable, rule: ScrubRule, parameters: Parameters): string {
  switch (rule.action) {
    case 'set':
      return `NOT ${isAmong(columnOf(table, rule.column), [rule.value], undefined, parameters)}`;
    case 'null':
      return `num_nulls(${quoteName(columnOf(table, rule.column).name)}) = 0`;
    default:
      return 'true';
  }
}

function opinion(table: SqlTable, condition: Condition, parameters: Parameters): string {
  const column = columnOf(table, condition.column);
  const name = quoteName(column.name);
  switch (condition.op) {
    case 'isNull':
      return `num_nulls(${name}) = 1`;
    case 'notNull':
      return `num_nulls(${name}) = 0`;
    case '=':
      return isAmong(column, [condition.value], condition.ignoreCase, parameters);
    case '<>':
      return `NOT ${isAmong(column, [condition.value], condition.ignoreCase, parameters)}`;
    case 'in':
      return isAmong(column, condition.value, condition.ignoreCase, parameters);
    case 'notIn':
      return `NOT ${isAmong(column, condition.value, condition.ignoreCase, parameters)}`;
    case 'like':
      return matches(name, condition, parameters);
    case 'notLike':
      return `NOT ${matches(name, condition, parameters)}`;
  }
}

/** Never NULL: no value equals what is not there. */
function isAmong(
  { name, compared }: SqlColumn,
  values: readonly Scalar[],
  ignoreCase: boolean | undefined,
  parameters: Parameters,
): string {
  const quoted = quoteName(name);
  if (compared !== 'text') {
    const numbers = parameters.add(values.map(numberOf).filter(Number.isFinite), 'numeric[]');
    return `(array_position(${numbers}, ${quoted}${compared === 'flag' ? '::integer' : ''}::numeric) IS NOT NULL AND num_nulls(${quoted}) = 0)`;
  }
  const [texts, text] = [parameters.add(values.map(textOf), 'text[]'), `${quoted}::text COLLATE "default"`];
  return ignoreCase
    ? `EXISTS (SELECT FROM unnest(${texts}) one WHERE upper(one) = upper(${text}))`
    : `(array_position(${texts} COLLATE "C", ${quoted}::text) IS NOT NULL AND num_nulls(${quoted}) = 0)`;
}

function matches(
  name: string,
  { value, ignoreCase }: { value: string; ignoreCase?: true },
  parameters: Parameters,
): string {
  const pattern = parameters.add(`^${[...value].map(expressionFor).join('')}$`, 'text');
  return `coalesce(${name}::text COLLATE "default" ${ignoreCase ? '~*' : '~'} ${pattern}, false)`;
}

function expressionFor(character: string): string {
  if (character === '%') return '.*';
  if (character === '_') return '.';
  return /[A-Za-z0-9\s]|[^\p{ASCII}]/u.test(character) ? character : `\\${character}`;
}
