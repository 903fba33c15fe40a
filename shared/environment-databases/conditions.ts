import type { Condition, Scalar } from './scrub-rules.ts';

/** A value of a row as it is read for a rule: texts and numbers as they are, whatever has no such form as its text. */
export type RowValue = Scalar | null;

/** Whether a row meets all conditions: what SQL answers elsewhere. `cellOf` gets names as the conditions spell them. */
export function meetsAll(conditions: readonly Condition[], cellOf: (column: string) => RowValue): boolean {
  return conditions.every((condition) => meets(condition, cellOf(condition.column)));
}

function meets(condition: Condition, value: RowValue): boolean {
  switch (condition.op) {
    case 'isNull':
      return value === null;
    case 'notNull':
      return value !== null;
    case '=':
      return value !== null && same(value, condition.value, condition.ignoreCase);
    case '<>':
      return value === null || !same(value, condition.value, condition.ignoreCase);
    case 'in':
      return value !== null && condition.value.some((one) => same(value, one, condition.ignoreCase));
    case 'notIn':
      return value === null || !condition.value.some((one) => same(value, one, condition.ignoreCase));
    case 'like':
      return value !== null && alike(textOf(value), condition.value, condition.ignoreCase);
    case 'notLike':
      return value === null || !alike(textOf(value), condition.value, condition.ignoreCase);
  }
}

/** The row's value says how they are compared: as numbers (a flag is 1 or 0), or as texts. */
export function same(value: Scalar, other: Scalar, ignoreCase?: boolean): boolean {
  if (typeof value !== 'string') return Number(value) === numberOf(other);
  const text = textOf(other);
  return ignoreCase ? value.toLowerCase() === text.toLowerCase() : value === text;
}

/** NaN, which equals nothing, for a text that is no number. */
export function numberOf(value: Scalar): number {
  return typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
}

export function textOf(value: Scalar): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}

/** LIKE of SQL: % stands for any text, _ for one character, and nothing else is special. */
function alike(value: string, pattern: string, ignoreCase?: boolean): boolean {
  const source = [...pattern].map((character) => {
    if (character === '%') return '.*';
    return character === '_' ? '.' : character.replace(/[\\^$.*+?()[\]{}|/-]/u, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`, ignoreCase ? 'isu' : 'su').test(value);
}

/** A condition for people, in SQL's words. */
export function conditionWords(condition: Condition): string {
  const { column } = condition;
  if (!('value' in condition)) return `${column} is ${condition.op === 'isNull' ? '' : 'not '}NULL`;
  const { value, ignoreCase } = condition;
  const words = condition.op.replace('not', 'not ').toLowerCase();
  const operand = Array.isArray(value) ? `(${value.map(quoted).join(', ')})` : quoted(value);
  return `${column} ${words} ${operand}${ignoreCase ? ' in any letter case' : ''}`;
}

const quoted = (value: Scalar): string => (typeof value === 'string' ? `'${value}'` : textOf(value));
