import { quoteName } from '../../sql/sqlserver/names.ts';
import { numberOf, textOf } from '../conditions.ts';
import type { Scalar } from '../scrub-rules.ts';
import { type LikeCondition, predicatesIn } from '../sql/predicates.ts';
import type { Places } from './places.ts';
import type { StandingColumn } from './tables.ts';
import { columnText, fromText } from './types.ts';

/** Rules in the words of T-SQL. */

/** Texts are compared by their code units, whatever the database's collation says. */
export const BY_BYTES = 'COLLATE Latin1_General_BIN2';

/** SQL Server takes blanks at the end of a text for nothing; behind this they are something. */
const END = "N'.'";

/** No column name holds it, so what stands for nothing needs no parameter. */
const NEVER = '1 = 0';

export const { conditionText, ruleText, holdsText, changeText } = predicatesIn<StandingColumn, Places>({
  always: '1 = 1',
  never: NEVER,
  quoteName,
  isOneOf,
  isLike,
  tellsSomething,
  valueText: ({ type, base }, value, places) => fromText(type, base, places.text(value)),
});

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
function isLike(column: StandingColumn, { value, ignoreCase }: LikeCondition, places: Places): string {
  const pattern = (ignoreCase ? value.toLowerCase() : value).replaceAll('[', '[[]');
  const text = ignoreCase ? `LOWER(${columnText(column)})` : columnText(column);
  return `(${text} ${BY_BYTES} LIKE ${places.text(pattern)})`;
}

/** ASCII that tells nothing of whoever wrote it, so that a text of nothing else has no mask (`tellsSomething`). */
const MUTE = Array.from({ length: 127 }, (_, k) => String.fromCharCode(k + 1))
  .filter((character) => !/[0-9A-Za-z ]/.test(character))
  .join('');

function tellsSomething(column: StandingColumn, places: Places): string {
  const { name, masked } = column;
  if (masked?.kind === 'number') return `(${quoteName(name)} <> 0)`;
  if (masked?.kind !== 'text') return `(${quoteName(name)} IS NOT NULL)`;
  const [mute, blanks] = [places.text(MUTE), places.text(' '.repeat(MUTE.length))];
  const told = `TRANSLATE(${columnText(column)} ${BY_BYTES}, ${mute} ${BY_BYTES}, ${blanks})`;
  return `(REPLACE(${told}, N' ', N'') <> N'')`;
}
