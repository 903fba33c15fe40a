import { isGuid } from '../model/coerce.ts';
import { DataverseError, entityNotFound, invalidRequest } from '../model/errors.ts';
import type { Reference, Row, Values } from '../model/row.ts';
import type { Table } from '../model/table.ts';
import { lookupOf } from './navigation.ts';
import { parsePreferences } from './odata/preferences.ts';
import { parseQuery } from './odata/query.ts';
import { parseBody, readAddress, readValues } from './read-body.ts';
import { rowFormat } from './row-json.ts';
import { type Answer, type ApiRequest, baseOf, type Site } from './site.ts';

/** `POST <set>`. */
export async function createRow(site: Site, table: Table, request: ApiRequest): Promise<Answer> {
  const { organization, rules } = site;
  const { logicalName } = table.definition;
  const given = readValues(organization, table, parseBody(request.body));
  const values = rules.beforeWrite(logicalName, null, given) as Values;
  const row = await site.change(() => organization.create(logicalName, values));
  return written(site, table, row, request, 201);
}

/** `PATCH <set>(<id>)`: an upsert, unless the headers say that the row must (not) exist. */
export async function updateRow(site: Site, table: Table, id: string, request: ApiRequest): Promise<Answer> {
  const { organization, rules } = site;
  const { logicalName } = table.definition;
  if (!isGuid(id)) throw invalidRequest(`The key '${id}' is not a valid GUID.`);
  const before = organization.find(logicalName, id);
  checkPreconditions(before, request);
  if (request.headers['if-match'] === '*') organization.row(logicalName, id);
  const given = readValues(organization, table, parseBody(request.body));
  const values = rules.beforeWrite(logicalName, before ? id : null, given) as Values;
  const row = await site.change(() => organization.upsert(logicalName, id, values));
  return written(site, table, row, request, before ? 200 : 201);
}

function checkPreconditions(before: Row | undefined, { headers }: ApiRequest): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (noneMatch === '*' && before)
    throw new DataverseError(412, '0x80060891', 'A record with the specified key values already exists.');
  const wanted = /^W\/"(\d+)"$/.exec(match ?? '')?.[1];
  if (wanted !== undefined && before && Number(wanted) !== before.version)
    throw new DataverseError(
      412,
      '0x80060882',
      "The version of the existing record doesn't match the RowVersion property provided.",
    );
}

function written(site: Site, table: Table, row: Row, request: ApiRequest, status: number): Answer {
  const { organization } = site;
  const address = `${baseOf(site)}${table.definition.entitySetName}(${row.self.id})`;
  const headers = { 'OData-EntityId': address, ETag: `W/"${row.version}"` };
  const preferences = parsePreferences(request.headers.prefer);
  if (!preferences.returnRepresentation) return { status: 204, headers };
  const { select, expand } = parseQuery(request.search);
  const text = rowFormat(organization, table, { select, expand, wants: preferences.wants }).write(row);
  const context = `"@odata.context":"${baseOf(site)}$metadata#${table.definition.entitySetName}/$entity"`;
  return {
    status,
    headers: { ...headers, 'Preference-Applied': 'return=representation' },
    body: `{${context},${text.slice(1)}`,
  };
}

/** `DELETE <set>(<id>)`. */
export async function deleteRow(site: Site, table: Table, id: string, request: ApiRequest): Promise<Answer> {
  const { organization } = site;
  checkPreconditions(organization.find(table.definition.logicalName, id), request);
  await site.change(() => organization.delete(table.definition.logicalName, id));
  return { status: 204 };
}

/** `<set>(<id>)/<navigation>/$ref` and `…/<navigation>(<other>)/$ref`: links of lookups and of many-to-many relationships. */
export async function changeLink(
  site: Site,
  table: Table,
  id: string,
  navigation: { readonly name: string; readonly other: string | null },
  request: ApiRequest,
): Promise<Answer> {
  const { organization } = site;
  const entity = table.definition.logicalName;
  const lookup = lookupOf(table.definition, navigation.name);
  const isRemoval = request.method === 'DELETE';
  if (lookup) {
    const reference = isRemoval ? null : addressOf(site, request);
    await site.change(() => organization.update(entity, id, { [lookup.attribute.logicalName]: reference }));
    return { status: 204 };
  }
  const relationship = relationshipOf(site, navigation.name);
  const other = entity === relationship.entity1 ? relationship.entity2 : relationship.entity1;
  const related =
    isRemoval && navigation.other ? { entity: other, id: navigation.other.toLowerCase() } : addressOf(site, request);
  await site.change(() =>
    isRemoval
      ? organization.disassociate(relationship.schemaName, entity, id, [related])
      : organization.associate(relationship.schemaName, entity, id, [related]),
  );
  return { status: 204 };
}

function relationshipOf({ organization }: Site, name: string) {
  const all = organization.tables().flatMap(({ definition }) => definition.manyToMany);
  const found = all.find(({ schemaName }) => schemaName === name);
  if (!found) throw entityNotFound(name);
  return found;
}

/** Where a link shall lead: `@odata.id` of the body, or `$id` of the query for a removal. */
function addressOf({ organization }: Site, request: ApiRequest): Reference {
  const { id } = parseQuery(request.search);
  return readAddress(organization, id ?? parseBody(request.body)['@odata.id']);
}
