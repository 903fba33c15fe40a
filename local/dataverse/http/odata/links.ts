import { DataverseError } from '../../model/errors.ts';
import type { ReadState } from '../../model/tracking.ts';
import type { Query } from './query.ts';

/** What a next link remembers. */
export interface Cursor {
  readonly pageNumber: number;
  readonly state: ReadState;
  /** A sorted read goes on by number: its order is not that of the keys. */
  readonly offset?: number;
}

/** The encoding of the real service: lower-case escapes. */
const escaped = (text: string) =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
    .replace(/%../g, (code) => code.toLowerCase());

const braced = (id: string) => `{${id.toUpperCase()}}`;

/** The `$skiptoken` of the next page: a cookie within a cookie, encoded twice, to be followed verbatim. */
export function skipToken(cursor: Cursor, key: string, ids: { first: string; last: string }): string {
  const state = Buffer.from(JSON.stringify(cursor)).toString('base64url');
  const range = `<${key} last="${braced(ids.last)}" first="${braced(ids.first)}" />`;
  const inner = `<cookie page="${cursor.pageNumber - 1}">${range}<state value="${state}" /></cookie>`;
  const tracking = cursor.state.tracked ? 'True' : 'False';
  const outer = `<cookie pagenumber="${cursor.pageNumber}" pagingcookie="${escaped(escaped(inner))}" istracking="${tracking}" />`;
  // The inner cookie's own escapes are not escaped a third time.
  return outer.replace(/[<>" ]/g, (c) => ({ '<': '%3C', '>': '%3E', '"': '%22', ' ': '%20' })[c] as string);
}

/** Reads what `skipToken` made, after the URL's own decoding. Throws a DataverseError for a link that was rebuilt. */
export function readSkipToken(token: string): Cursor {
  const cookie = /^<cookie pagenumber="\d+" pagingcookie="([^"<>]*)" istracking="(?:True|False)" \/>$/.exec(token)?.[1];
  const inner = cookie === undefined ? '' : decodeURIComponent(cookie);
  const state = /<state value="([\w-]+)" \/><\/cookie>$/.exec(inner)?.[1];
  if (state === undefined) throw new DataverseError(400, '0x80040203', 'Malformed XML in the Paging Cookie');
  return JSON.parse(Buffer.from(state, 'base64url').toString()) as Cursor;
}

/** The address of a set with the options that a read goes on with, and one more. */
export function continued(base: string, set: string, query: Query, more: string): string {
  const kept = ['$select', '$filter', '$orderby', '$expand', '$count', ...query.aliases.keys()];
  const options = kept.flatMap((name) => (query.raw.has(name) ? [`${name}=${query.raw.get(name)}`] : []));
  return `${base}${set}?${[...options, more].join('&')}`;
}

export function deltaLink(base: string, set: string, query: Query, token: string): string {
  return continued(base, set, query, `$deltatoken=${escaped(token)}`);
}
