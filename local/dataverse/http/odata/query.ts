import { invalidRequest } from '../../model/errors.ts';

/** The query options of one request, decoded. */
export interface Query {
  readonly select: readonly string[] | null;
  readonly filter: string | null;
  readonly orderBy: readonly { readonly property: string; readonly descending: boolean }[];
  readonly expand: readonly Expansion[];
  readonly top: number | null;
  readonly count: boolean;
  readonly skipToken: string | null;
  readonly deltaToken: string | null;
  /** `$id` of a reference to remove. */
  readonly id: string | null;
  /** `@name` parameters, as literals. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Options as they were sent, for links that repeat them. */
  readonly raw: ReadonlyMap<string, string>;
}

export interface Expansion {
  readonly property: string;
  readonly select: readonly string[] | null;
}

const KNOWN = new Set(
  '$select $filter $orderby $expand $top $count $skiptoken $deltatoken $id $format LabelLanguages'.split(' '),
);

/** Parses the part of a URL behind the question mark. Throws a DataverseError for options that do not exist. */
export function parseQuery(search: string): Query {
  const raw = new Map<string, string>();
  const decoded = new Map<string, string>();
  for (const part of search.split('&').filter(Boolean)) {
    const equals = part.indexOf('=');
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    raw.set(name, equals === -1 ? '' : part.slice(equals + 1));
    decoded.set(name, decode(raw.get(name) ?? ''));
  }
  for (const name of decoded.keys())
    if (!KNOWN.has(name) && !name.startsWith('@')) throw invalidRequest(`The query parameter ${name} is not supported`);
  const get = (name: string) => decoded.get(name) ?? null;
  return {
    select: list(get('$select')),
    filter: get('$filter'),
    orderBy: orderBy(get('$orderby')),
    expand: expansions(get('$expand')),
    top: top(get('$top')),
    count: get('$count') === 'true',
    skipToken: get('$skiptoken'),
    deltaToken: get('$deltatoken'),
    id: get('$id'),
    aliases: new Map([...decoded].filter(([name]) => name.startsWith('@'))),
    raw,
  };
}

/** A plus sign is a space, as in forms; anything that cannot be decoded is taken as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function list(text: string | null): string[] | null {
  if (text === null) return null;
  const names = text.split(',').map((name) => name.trim());
  return names.includes('*') ? null : names.filter(Boolean);
}

function top(text: string | null): number | null {
  if (text === null) return null;
  if (!/^\d+$/.test(text)) throw invalidRequest(`Invalid value '${text}' for $top query option found.`);
  return Number(text);
}

function orderBy(text: string | null): Query['orderBy'] {
  return (text ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [property = '', direction = 'asc'] = part.trim().split(/\s+/);
      return { property, descending: direction.toLowerCase() === 'desc' };
    });
}

/** `a($select=x,y),b`: commas inside brackets do not divide. */
function expansions(text: string | null): Expansion[] {
  return divide(text ?? '', ',').map((part) => {
    const match = /^([\w]+)(?:\((.*)\))?$/s.exec(part.trim());
    if (!match) throw invalidRequest(`The $expand option '${part}' cannot be read.`);
    const options = divide(match[2] ?? '', ';').map((option) => option.trim());
    const select = options.find((option) => option.startsWith('$select='));
    return { property: match[1] as string, select: select ? list(select.slice('$select='.length)) : null };
  });
}

function divide(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    if (text[at] === ')') depth--;
    if (text[at] !== separator || depth > 0) continue;
    parts.push(text.slice(from, at));
    from = at + 1;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part.trim() !== '');
}
