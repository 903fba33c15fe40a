import { dateText } from '../model/cell-text.ts';
import { isGuid } from '../model/coerce.ts';
import { type AttributeDefinition, isLookup } from '../model/definitions.ts';
import { DataverseError, invalidRequest, unknownProperty } from '../model/errors.ts';
import type { Organization } from '../model/organization.ts';
import { isReference, type Row } from '../model/row.ts';
import type { Table } from '../model/table.ts';
import type { ReadState } from '../model/tracking.ts';
import { lookupOf } from './navigation.ts';
import { compileFilter, type Filter, idsOf, orderOf, parseFilter } from './odata/filter.ts';
import { type Cursor, continued, deltaLink, readSkipToken, skipToken } from './odata/links.ts';
import { type Preferences, parsePreferences } from './odata/preferences.ts';
import { parseQuery, type Query } from './odata/query.ts';
import { cellReader, type RowFormat, rowFormat, selectableByProperty } from './row-json.ts';
import { type Answer, type ApiRequest, baseOf, jsonAnswer, type Site } from './site.ts';

const DATAVERSE = 'Microsoft.Dynamics.CRM.';
/** `@odata.count` and `/$count` go no further. */
const COUNT_MAX_ROWS = 5000;

/** `GET <set>`: a page of rows, of all or of what changed. */
export function readSet(site: Site, table: Table, request: ApiRequest): Answer {
  const query = parseQuery(request.search);
  const preferences = parsePreferences(request.headers.prefer);
  const cursor = query.skipToken === null ? null : readSkipToken(query.skipToken);
  const isTracked = preferences.trackChanges || query.deltaToken !== null || (cursor?.state.tracked ?? false);
  if (isTracked) refuseUnderTracking(table, query);
  return pageAnswer(site, table, query, preferences, cursor ?? firstCursor(site, table, query, isTracked));
}

function refuseUnderTracking({ definition }: Table, query: Query): void {
  for (const option of ['filter', 'orderby', 'expand', 'top'])
    if (query.raw.has(`$${option}`))
      throw invalidRequest(`The "${option}" query parameter isn't supported when Change Tracking is enabled.`);
  if (!definition.changeTrackingEnabled)
    throw new DataverseError(400, '0x8004f035', `Change tracking is not enabled for entity ${definition.logicalName}.`);
}

function firstCursor({ organization }: Site, { definition }: Table, query: Query, isTracked: boolean): Cursor {
  const columns = query.raw.get('$select') ?? '';
  const state =
    query.deltaToken === null
      ? organization.beginRead(isTracked, columns)
      : organization.beginDelta(definition.logicalName, query.deltaToken, columns);
  return { pageNumber: 1, state };
}

function pageAnswer(site: Site, table: Table, query: Query, preferences: Preferences, cursor: Cursor): Answer {
  const { organization } = site;
  const format = rowFormat(organization, table, {
    select: query.select,
    expand: query.expand,
    wants: preferences.wants,
  });
  const page = readRows(organization, table, query, preferences, cursor);
  const base = baseOf(site);
  const { entitySetName } = table.definition;
  const body = [
    contextText(base, entitySetName, format.selected, cursor.state.kind === 'delta' ? '/$delta' : ''),
    query.count ? `"@odata.count":${Math.min(COUNT_MAX_ROWS, page.total ?? 0)}` : '',
    totals(preferences),
    metadataVersionOf(organization, preferences),
    `"value":[${entriesText(page, format, `${base}$metadata#${entitySetName}/$deletedEntity`)}]`,
    linksText(base, table, query, page),
  ];
  const applied: Record<string, string> =
    preferences.applied === '' ? {} : { 'Preference-Applied': preferences.applied };
  return jsonAnswer(`{${body.filter((part) => part !== '').join(',')}}`, applied);
}

function contextText(base: string, set: string, selected: readonly string[], ending: string): string {
  const list = selected.length > 0 ? `(${selected.join(',')})` : '';
  return `"@odata.context":"${base}$metadata#${set}${list}${ending}"`;
}

/** One text, grown row by row: thousands of parts in a list cost more than they are worth. */
function entriesText({ rows, deletions }: RowsPage, format: RowFormat, deletedContext: string): string {
  let text = '';
  for (const row of rows) text += (text === '' ? '' : ',') + format.write(row);
  for (const id of deletions)
    text += `${text === '' ? '' : ','}{"@odata.context":"${deletedContext}","id":"${id}","reason":"deleted"}`;
  return text;
}

function linksText(base: string, { definition }: Table, query: Query, page: RowsPage): string {
  const { entitySetName, primaryIdAttribute } = definition;
  if (page.token !== null)
    return `"@odata.deltaLink":${JSON.stringify(deltaLink(base, entitySetName, query, page.token))}`;
  if (!page.next) return '';
  const token = skipToken(page.next, primaryIdAttribute, { first: firstId(page), last: lastId(page) });
  return `"@odata.nextLink":${JSON.stringify(continued(base, entitySetName, query, `$skiptoken=${token}`))}`;
}

const firstId = ({ rows, deletions }: RowsPage) => rows[0]?.self.id ?? deletions[0] ?? '';
const lastId = ({ rows, deletions }: RowsPage) => deletions.at(-1) ?? rows.at(-1)?.self.id ?? '';

/** The organization-wide annotations of a set, as far as they were asked for. */
function totals({ wants }: Preferences): string {
  return [
    wants(`${DATAVERSE}totalrecordcount`) ? `"@${DATAVERSE}totalrecordcount":-1` : '',
    wants(`${DATAVERSE}totalrecordcountlimitexceeded`) ? `"@${DATAVERSE}totalrecordcountlimitexceeded":false` : '',
  ]
    .filter((part) => part !== '')
    .join(',');
}

function metadataVersionOf({ metadataVersion }: Organization, { wants }: Preferences): string {
  return wants(`${DATAVERSE}globalmetadataversion`) ? `"@${DATAVERSE}globalmetadataversion":"${metadataVersion}"` : '';
}

interface RowsPage {
  readonly rows: readonly Row[];
  readonly deletions: readonly string[];
  readonly next: Cursor | null;
  readonly token: string | null;
  /** With `$count`. */
  readonly total?: number;
}

function readRows(
  organization: Organization,
  table: Table,
  query: Query,
  { maxPageSize }: Preferences,
  cursor: Cursor,
): RowsPage {
  const filter = query.filter === null ? null : parseFilter(query.filter, query.aliases);
  const matches = filter ? compileFilter<Row>(filter, (path) => propertyReader(organization, table, path)) : undefined;
  const ids = filter && rowsNamedBy(table, filter);
  if (ids || query.orderBy.length > 0 || query.top !== null || query.count)
    return listedRows(organization, table, query, maxPageSize, cursor, candidates(table, ids ?? null), matches);
  const page = organization.readPage(table.definition.logicalName, cursor.state, maxPageSize, matches);
  return { ...page, next: page.next && following(cursor, page.next) };
}

function following(cursor: Cursor, state: ReadState, offset?: number): Cursor {
  return { pageNumber: cursor.pageNumber + 1, state, ...(offset === undefined ? {} : { offset }) };
}

/** The only rows that a filter can be true for, when it names them by the key, or by the activity of parties. */
function rowsNamedBy(table: Table, filter: Filter): readonly string[] | null {
  const ids = idsOf(filter, table.definition.primaryIdAttribute);
  if (ids || table.definition.logicalName !== 'activityparty') return ids;
  return idsOf(filter, 'activityid')?.flatMap((id) => table.referringTo('activityid', id)) ?? null;
}

function* candidates(table: Table, ids: readonly string[] | null): Generator<Row> {
  for (const id of ids ? new Set(ids) : table.keys.after(undefined)) {
    const row = table.rows.get(id);
    if (row) yield row;
  }
}

/** Reads that need the whole list at once: sorted, counted, cut, or asked by id. */
function listedRows(
  organization: Organization,
  table: Table,
  query: Query,
  size: number,
  cursor: Cursor,
  from: Iterable<Row>,
  matches: (row: Row) => boolean = () => true,
): RowsPage {
  const all = [...from].filter(matches);
  const orders = query.orderBy.map(({ property, descending }) => {
    const read = propertyReader(organization, table, property);
    return (a: Row, b: Row) => (orderOf(read(a), read(b)) ?? (read(a) === null ? -1 : 1)) * (descending ? -1 : 1);
  });
  if (orders.length > 0) all.sort((a, b) => orders.reduce((order, next) => order || next(a, b), 0));
  const listed = all.slice(0, query.top ?? all.length);
  const offset = cursor.offset ?? 0;
  const rows = listed.slice(offset, offset + size);
  const isLast = offset + rows.length >= listed.length;
  return {
    rows,
    deletions: [],
    next: isLast ? null : following(cursor, cursor.state, offset + rows.length),
    token: null,
    total: all.length,
  };
}

/** Reads a property of a row, or of the row that one of its lookups refers to (`sdkmessageid/name`), as `$filter` compares it. */
function propertyReader(organization: Organization, table: Table, path: string): (row: Row) => unknown {
  const [first = '', ...rest] = path.split('/');
  if (rest.length > 0) return throughLookup(organization, table, first, rest.join('/'));
  const attribute = selectableByProperty(table).get(first) ?? lookupNamed(table, first);
  if (!attribute) throw unknownProperty(first, table.definition.logicalName);
  const cell = cellReader(table, attribute.logicalName);
  if (attribute.type === 'DateTimeType')
    return (row) => {
      const value = cell(row);
      return typeof value === 'number' ? dateText(attribute, value) : null;
    };
  if (isLookup(attribute))
    return (row) => {
      const value = cell(row);
      return isReference(value) ? value.id : null;
    };
  return cell;
}

/** Functions name a lookup as its attribute, and not as its property. */
function lookupNamed(table: Table, name: string): AttributeDefinition | undefined {
  const attribute = table.attribute(name);
  return attribute && isLookup(attribute) ? attribute : undefined;
}

function throughLookup(
  organization: Organization,
  table: Table,
  property: string,
  rest: string,
): (row: Row) => unknown {
  const lookup = lookupOf(table.definition, property);
  const target = lookup?.target ? organization.findTable(lookup.target) : undefined;
  if (!lookup || !target) throw unknownProperty(property, table.definition.logicalName);
  const cell = cellReader(table, lookup.attribute.logicalName);
  const inner = propertyReader(organization, target, rest);
  return (row) => {
    const reference = cell(row);
    const referred = isReference(reference) ? target.rows.get(reference.id) : undefined;
    return referred ? inner(referred) : null;
  };
}

/** `GET <set>/$count`: the rows, or the changes since a token. */
export function countSet(site: Site, table: Table, request: ApiRequest): Answer {
  const { organization } = site;
  const query = parseQuery(request.search);
  const headers = { 'Content-Type': 'text/plain' };
  if (query.deltaToken !== null)
    return {
      status: 200,
      headers,
      body: String(organization.countChanges(table.definition.logicalName, query.deltaToken)),
    };
  const filter: Filter | null = query.filter === null ? null : parseFilter(query.filter, query.aliases);
  if (!filter) return { status: 200, headers, body: String(Math.min(COUNT_MAX_ROWS, table.rows.size)) };
  const matches = compileFilter<Row>(filter, (path) => propertyReader(organization, table, path));
  const count = [...candidates(table, rowsNamedBy(table, filter))].filter(matches).length;
  return { status: 200, headers, body: String(Math.min(COUNT_MAX_ROWS, count)) };
}

/** `GET <set>(<id>)`. */
export function readOne(site: Site, table: Table, id: string, request: ApiRequest): Answer {
  const { organization } = site;
  const query = parseQuery(request.search);
  const preferences = parsePreferences(request.headers.prefer);
  const format = rowFormat(organization, table, {
    select: query.select,
    expand: query.expand,
    wants: preferences.wants,
  });
  if (!isGuid(id)) throw invalidRequest(`The key '${id}' is not a valid GUID.`);
  const row = organization.row(table.definition.logicalName, id);
  const body = [
    contextText(baseOf(site), table.definition.entitySetName, format.selected, '/$entity'),
    metadataVersionOf(organization, preferences),
    format.write(row).slice(1),
  ];
  return jsonAnswer(`{${body.filter((part) => part !== '').join(',')}`, { ETag: `W/"${row.version}"` });
}
