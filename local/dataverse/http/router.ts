import { entityNotFound } from '../model/errors.ts';
import type { Table } from '../model/table.ts';
import { callFunction } from './functions.ts';
import { readMetadata } from './metadata/read-metadata.ts';
import { countSet, readOne, readSet } from './read-rows.ts';
import type { Answer, ApiRequest, Site } from './site.ts';
import type { RequestKind } from './statistics.ts';
import { writeMetadata } from './write-metadata.ts';
import { changeLink, createRow, deleteRow, updateRow } from './write-rows.ts';

export interface Routed {
  readonly kind: RequestKind;
  run(): Answer | Promise<Answer>;
}

const SET = /^([A-Za-z_][\w]*)(?:\(([^)]*)\))?$/;

/** Finds what a request below `/api/data/v9.2/` asks for. Throws a DataverseError (404) when there is nothing. */
export function route(site: Site, request: ApiRequest): Routed {
  const [first = '', second, ...rest] = request.path.split('/');
  if (first.startsWith('EntityDefinitions'))
    return request.method === 'GET'
      ? { kind: 'metadata', run: () => readMetadata(site, request) }
      : { kind: 'metadata', run: () => writeMetadata(site, request) };
  const [, name = '', key] = SET.exec(first) ?? [];
  const table = site.organization.tables().find(({ definition }) => definition.entitySetName === name);
  if (!table) return { kind: 'function', run: () => callFunction(site, name || first, request) };
  if (key === undefined) return routeSet(site, table, second, request);
  const id = key.replace(/^\w+=/, '').toLowerCase();
  if (second !== undefined) return routeLink(site, table, id, second, rest, request);
  return routeRow(site, table, id, request);
}

function routeSet(site: Site, table: Table, second: string | undefined, request: ApiRequest): Routed {
  if (second === '$count' && request.method === 'GET')
    return { kind: 'count', run: () => countSet(site, table, request) };
  if (second !== undefined) throw entityNotFound(second);
  if (request.method === 'POST') return { kind: 'write', run: () => createRow(site, table, request) };
  if (request.method === 'GET') return { kind: kindOfRead(request), run: () => readSet(site, table, request) };
  throw entityNotFound(request.method);
}

function kindOfRead({ search, headers }: ApiRequest): RequestKind {
  if (search.includes('$deltatoken=') || search.includes('%24deltatoken=')) return 'delta';
  return headers.prefer?.includes('odata.track-changes') ? 'tracked' : 'rows';
}

function routeRow(site: Site, table: Table, id: string, request: ApiRequest): Routed {
  if (request.method === 'GET') return { kind: 'row', run: () => readOne(site, table, id, request) };
  if (request.method === 'PATCH') return { kind: 'write', run: () => updateRow(site, table, id, request) };
  if (request.method === 'DELETE') return { kind: 'write', run: () => deleteRow(site, table, id, request) };
  throw entityNotFound(request.method);
}

/** `accounts(…)/<navigation>/$ref`, `accounts(…)/<navigation>(<other>)/$ref`. */
function routeLink(
  site: Site,
  table: Table,
  id: string,
  second: string,
  rest: readonly string[],
  request: ApiRequest,
): Routed {
  const [, name = '', other] = SET.exec(second) ?? [];
  if (name === '' || rest.length !== 1 || rest[0] !== '$ref' || !['POST', 'PUT', 'DELETE'].includes(request.method))
    throw entityNotFound(second);
  return { kind: 'write', run: () => changeLink(site, table, id, { name, other: other ?? null }, request) };
}
