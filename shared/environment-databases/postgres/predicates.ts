import { quoteName } from '../../sql/postgres/names.ts';
import { numberOf, textOf } from '../conditions.ts';
import type { Scalar } from '../scrub-rules.ts';
import { type LikeCondition, predicatesIn } from '../sql/predicates.ts';
import type { SqlColumn } from '../sql/tables.ts';

/** Rules in PostgreSQL's words. */

export class Parameters {
  readonly values: unknown[] = [];

  /** The next parameter's place, with its type. */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

export const { conditionText, ruleText, holdsText, changeText } = predicatesIn<SqlColumn, Parameters>({
  always: 'true',
  never: 'false',
  quoteName,
  isOneOf,
  isLike,
  tellsSomething({ name, masked }, parameters) {
    const pattern = masked?.kind === 'number' ? '[1-9]' : '[0-9A-Za-z]|[^\\u0001-\\u007f]';
    return `${quoteName(name)}::text COLLATE "C" ~ ${parameters.add(pattern, 'text')}`;
  },
  // Without its length: a cast would cut a text off.
  valueText({ type, masked }, value, parameters) {
    const place = parameters.add(value, 'text');
    return masked?.kind === 'text' ? place : `${place}::${type}`;
  },
});

const AS_NUMBER = { number: (name: string) => name, flag: (name: string) => `${name}::integer` } as const;

function isOneOf(
  { name, compared }: SqlColumn,
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

function isLike({ name }: SqlColumn, { value, ignoreCase }: LikeCondition, parameters: Parameters): string {
  const quoted = quoteName(name);
  const pattern = parameters.add(value, 'text');
  return ignoreCase
    ? `(${quoted}::text COLLATE "default" ILIKE ${pattern} ESCAPE '')`
    : `(${quoted}::text COLLATE "C" LIKE ${pattern} ESCAPE '')`;
}
