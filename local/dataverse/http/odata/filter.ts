import { invalidRequest } from '../../model/errors.ts';

/** A `$filter` as a tree. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'compare'; readonly path: string; readonly operator: Operator; readonly value: Literal }
  | {
      readonly kind: 'text';
      readonly how: 'contains' | 'startswith' | 'endswith';
      readonly path: string;
      readonly value: string;
    }
  | { readonly kind: 'in'; readonly path: string; readonly values: readonly string[] };

export type Operator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
export type Literal = string | number | boolean | null;

const TOKEN = /\s*(?:('(?:[^']|'')*')|([()[\],=])|([^\s()[\],='"]+)|("(?:[^"\\]|\\.)*"))/y;
const OPERATORS = new Set<string>(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);
const TEXT_FUNCTIONS = new Set<string>(['contains', 'startswith', 'endswith']);

/** Parses a `$filter`; `aliases` are the `@name` parameters of the request. Throws a DataverseError with its place. */
export function parseFilter(text: string, aliases: ReadonlyMap<string, string>): Filter {
  const parser = new Parser(text, aliases);
  const filter = parser.any();
  parser.end();
  return filter;
}

class Parser {
  private readonly text: string;
  private readonly tokens: string[];
  private readonly aliases: ReadonlyMap<string, string>;
  private at = 0;

  constructor(text: string, aliases: ReadonlyMap<string, string>) {
    this.text = text;
    this.aliases = aliases;
    this.tokens = tokensOf(text);
  }

  any(): Filter {
    return this.chain('or', () => this.chain('and', () => this.one()));
  }

  end(): void {
    if (this.at < this.tokens.length) this.fail();
  }

  private chain(kind: 'and' | 'or', part: () => Filter): Filter {
    const parts = [part()];
    while (this.peek() === kind) {
      this.at++;
      parts.push(part());
    }
    return parts.length === 1 ? (parts[0] as Filter) : { kind, parts };
  }

  private one(): Filter {
    const token = this.next();
    if (token === '(') {
      const inner = this.any();
      this.expect(')');
      return inner;
    }
    if (token === 'not') return { kind: 'not', part: this.one() };
    if (TEXT_FUNCTIONS.has(token) && this.peek() === '(') return this.textFunction(token as 'contains');
    if (/^(Microsoft\.Dynamics\.CRM\.)?In$/.test(token) && this.peek() === '(') return this.inList();
    const operator = this.next();
    if (!OPERATORS.has(operator)) this.fail();
    return { kind: 'compare', path: token, operator: operator as Operator, value: this.literal(this.next()) };
  }

  private textFunction(how: 'contains' | 'startswith' | 'endswith'): Filter {
    this.expect('(');
    const path = this.next();
    this.expect(',');
    const value = String(this.literal(this.next()));
    this.expect(')');
    return { kind: 'text', how, path, value };
  }

  /** `In(PropertyName='x',PropertyValues=['a','b'])`; a property name may be given by an alias, and so may the list. */
  private inList(): Filter {
    this.expect('(');
    let path = '';
    let values: string[] = [];
    for (;;) {
      const name = this.next();
      this.expect('=');
      if (name === 'PropertyName') path = String(this.literal(this.next()));
      else if (name === 'PropertyValues') values = this.list();
      else this.fail();
      if (this.peek() !== ',') break;
      this.at++;
    }
    this.expect(')');
    return { kind: 'in', path, values };
  }

  private list(): string[] {
    if (this.peek()?.startsWith('@')) {
      const given = this.aliases.get(this.next()) ?? '[]';
      return new Parser(given, this.aliases).list();
    }
    this.expect('[');
    const values: string[] = [];
    while (this.peek() !== ']') {
      const value = this.next();
      values.push(value.startsWith('"') ? (JSON.parse(value) as string) : String(this.literal(value)));
      if (this.peek() === ',') this.at++;
    }
    this.expect(']');
    return values;
  }

  private literal(token: string): Literal {
    if (token.startsWith('@')) return this.literal(this.aliases.get(token) ?? this.fail());
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (token === 'null') return null;
    if (token === 'true' || token === 'false') return token === 'true';
    if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(token)) return Number(token);
    return token;
  }

  private peek(): string | undefined {
    return this.tokens[this.at];
  }

  private next(): string {
    const token = this.tokens[this.at++];
    return token ?? this.fail();
  }

  private expect(token: string): void {
    if (this.next() !== token) this.fail();
  }

  private fail(): never {
    throw invalidRequest(`Syntax error at position ${Math.max(0, this.at - 1)} in '${this.text}'.`);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw invalidRequest(`Syntax error at position ${from} in '${text}'.`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

/** The filter as a test of an item, given how to read a property of it. `read` throws for properties that do not exist. */
export function compileFilter<T>(filter: Filter, read: (path: string) => (item: T) => unknown): (item: T) => boolean {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts = filter.parts.map((part) => compileFilter(part, read));
      return filter.kind === 'and'
        ? (item) => parts.every((part) => part(item))
        : (item) => parts.some((part) => part(item));
    }
    case 'not': {
      const part = compileFilter(filter.part, read);
      return (item) => !part(item);
    }
    case 'in': {
      const value = read(filter.path);
      const wanted = new Set(filter.values.map((one) => one.toLowerCase()));
      return (item) => wanted.has(String(value(item)).toLowerCase());
    }
    case 'text': {
      const value = read(filter.path);
      const wanted = filter.value.toLowerCase();
      const method = ({ contains: 'includes', startswith: 'startsWith', endswith: 'endsWith' } as const)[filter.how];
      return (item) =>
        String(value(item) ?? '')
          .toLowerCase()
          [method](wanted);
    }
    default: {
      const value = read(filter.path);
      return (item) => compare(value(item), filter.operator, filter.value);
    }
  }
}

/** Texts are compared without regard to case, as the database does; null is equal to nothing but null. */
function compare(value: unknown, operator: Operator, wanted: Literal): boolean {
  const order = orderOf(value, wanted);
  if (operator === 'eq') return order === 0;
  if (operator === 'ne') return order !== 0;
  if (order === null) return false;
  return { gt: order > 0, ge: order >= 0, lt: order < 0, le: order <= 0 }[operator];
}

/** Negative, 0 or positive; null when the two cannot be compared. */
export function orderOf(a: unknown, b: unknown): number | null {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return left === right ? 0 : null;
  if (typeof left === 'number' || typeof right === 'number') return Number(left) - Number(right);
  const [first, second] = [String(left).toLowerCase(), String(right).toLowerCase()];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** The ids that a filter can only be true for, when it says so by the key. */
export function idsOf(filter: Filter, key: string): readonly string[] | null {
  if (filter.kind === 'in') return filter.path === key ? filter.values.map((id) => id.toLowerCase()) : null;
  if (filter.kind === 'compare' && filter.path === key && filter.operator === 'eq')
    return [String(filter.value).toLowerCase()];
  if (filter.kind === 'and') for (const part of filter.parts) if (idsOf(part, key)) return idsOf(part, key);
  if (filter.kind !== 'or') return null;
  const each = filter.parts.map((part) => idsOf(part, key));
  return each.every((ids) => ids !== null) ? [...new Set(each.flat() as string[])] : null;
}
