import { StartFailure } from '../../support/failure.ts';

/** Tells whether a parameter's value is one the route accepts. */
export type Constraint = (value: string) => boolean;

const INT32_MAX = 2 ** 31 - 1;
const INT64_MAX = 2n ** 63n - 1n;

const isInteger = (value: string) => /^[+-]?\d{1,19}$/.test(value);
const isNumber = (value: string) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);

/** Constraints without arguments, by the names of ASP.NET. */
const SIMPLE: Readonly<Record<string, Constraint>> = {
  int: (value) => isInteger(value) && Number(value) <= INT32_MAX && Number(value) >= -INT32_MAX - 1,
  long: (value) => isInteger(value) && BigInt(value) <= INT64_MAX && BigInt(value) >= -INT64_MAX - 1n,
  guid: (value) => /^(\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?|[0-9a-f]{32})$/i.test(value),
  bool: (value) => /^(true|false)$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  decimal: isNumber,
  double: isNumber,
  float: isNumber,
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  required: (value) => value !== '',
};

/** Constraints with one or two numbers. */
const WITH_NUMBERS: Readonly<Record<string, (value: string, first: number, second: number) => boolean>> = {
  minlength: (value, least) => value.length >= least,
  maxlength: (value, most) => value.length <= most,
  length: (value, least, most) => value.length >= least && value.length <= most,
  min: (value, least) => isInteger(value) && Number(value) >= least,
  max: (value, most) => isInteger(value) && Number(value) <= most,
  range: (value, least, most) => isInteger(value) && Number(value) >= least && Number(value) <= most,
};

/** `guid`, `min(1)`, `range(1,5)`: one constraint of a route parameter. */
export function parseConstraint(text: string, template: string): Constraint {
  const [, name = '', argumentText] = /^(\w+)(?:\((.*)\))?$/.exec(text) ?? [];
  const simple = SIMPLE[name.toLowerCase()];
  if (simple && argumentText === undefined) return simple;
  const numbers = (argumentText ?? '').split(',').map(Number);
  const withNumbers = WITH_NUMBERS[name.toLowerCase()];
  const [first, second = first] = numbers;
  if (!argumentText || !withNumbers || first === undefined || second === undefined || numbers.some(Number.isNaN)) {
    const trouble = `the route "${template}" has the constraint "${text}", which the local host does not know`;
    throw new StartFailure(trouble, 'Write it without that');
  }
  return (value) => withNumbers(value, first, second);
}
