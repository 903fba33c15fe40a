import type { AttributeDefinition, EntityDefinition } from '../../model/definitions.ts';
import { entityNotFound, invalidRequest } from '../../model/errors.ts';
import { compileFilter, parseFilter } from '../odata/filter.ts';
import { type Expansion, parseQuery, type Query } from '../odata/query.ts';
import { type Answer, type ApiRequest, baseOf, jsonAnswer, type Site } from '../site.ts';
import { attributeJson, castOf } from './attribute-json.ts';
import { entityJson, manyToManyJson, manyToOneJson, oneToManyJson } from './entity-json.ts';
import { MetadataCache } from './metadata-cache.ts';

type Json = Record<string, unknown>;

const NAMESPACE = 'Microsoft.Dynamics.CRM.';
const COMMON_TYPE = 'AttributeMetadata';
/** Sets below a table's definition. */
const RELATIONSHIPS = {
  ManyToManyRelationships: manyToManyJson,
  ManyToOneRelationships: manyToOneJson,
  OneToManyRelationships: oneToManyJson,
};

const caches = new WeakMap<Site, MetadataCache>();

/** `GET EntityDefinitions…`: tables, their attributes and relationships. */
export function readMetadata(site: Site, request: ApiRequest): Answer {
  const query = parseQuery(request.search);
  const [first = '', second, third] = request.path.split('/');
  const key = /^EntityDefinitions\((.*)\)$/.exec(first)?.[1];
  if (key === undefined) return entityList(site, query);
  const definition = definitionOf(site, key, request);
  if (second === undefined) return oneEntity(site, definition, query);
  if (second in RELATIONSHIPS) return relationshipList(site, definition, second as keyof typeof RELATIONSHIPS, query);
  const attributeKey = /^Attributes\((.*)\)$/.exec(second)?.[1];
  if (attributeKey !== undefined) return oneAttribute(site, definition, attributeKey, third, query);
  if (second === 'Attributes') return attributeList(site, definition, third, query);
  throw entityNotFound(second);
}

/** By logical name or by metadata id; from the cache, unless strong consistency is asked for. */
function definitionOf(site: Site, key: string, request: ApiRequest): EntityDefinition {
  const name = /^LogicalName='([^']*)'$/.exec(key)?.[1];
  const id = /^(?:MetadataId=)?([0-9a-f-]{36})$/i.exec(key)?.[1]?.toLowerCase();
  const table = site.organization
    .tables()
    .find(({ definition }) => (name === undefined ? definition.metadataId === id : definition.logicalName === name));
  if (!table) throw entityNotFound(name ?? key);
  let cache = caches.get(site);
  if (!cache) {
    cache = new MetadataCache(site.now);
    caches.set(site, cache);
  }
  return cache.read(table.definition, request.headers.consistency?.toLowerCase() === 'strong');
}

function entityList(site: Site, query: Query): Answer {
  const all = site.organization.tables().map(({ definition }) => definition);
  const items = all.map((definition) => ({ definition, json: entityJson(definition) }));
  const matches = jsonFilter(query, entityJson(all[0] as EntityDefinition), 'EntityMetadata');
  const value = items
    .filter(({ json }) => matches(json))
    .map(({ definition, json }) => ({
      ...project(json, query.select, 'EntityMetadata'),
      ...expanded(site, definition, query.expand),
    }));
  return list(site, `EntityDefinitions${selection(query)}`, value);
}

function oneEntity(site: Site, definition: EntityDefinition, query: Query): Answer {
  const json = {
    ...project(entityJson(definition), query.select, 'EntityMetadata'),
    ...expanded(site, definition, query.expand),
  };
  const context = { '@odata.context': `${baseOf(site)}$metadata#EntityDefinitions${selection(query)}/$entity` };
  return jsonAnswer(JSON.stringify({ ...context, ...json }));
}

function expanded(site: Site, definition: EntityDefinition, expansions: readonly Expansion[]): Json {
  const result: Json = {};
  for (const { property, select } of expansions) {
    if (property === 'Attributes')
      result[property] = definition.attributes.map((attribute) => untyped(definition, attribute, select));
    else if (property in RELATIONSHIPS)
      result[property] = RELATIONSHIPS[property as keyof typeof RELATIONSHIPS](site.organization, definition).map(
        (json) => project(json, select, 'RelationshipMetadata'),
      );
    else
      throw invalidRequest(
        `Could not find a property named '${property}' on type 'Microsoft.Dynamics.CRM.EntityMetadata'.`,
      );
  }
  return result;
}

function relationshipList(
  site: Site,
  definition: EntityDefinition,
  name: keyof typeof RELATIONSHIPS,
  query: Query,
): Answer {
  const all = RELATIONSHIPS[name](site.organization, definition);
  const matches = jsonFilter(query, all[0] ?? {}, 'RelationshipMetadata');
  const value = all.filter(matches).map((json) => project(json, query.select, 'RelationshipMetadata'));
  return list(site, `EntityDefinitions('${definition.logicalName}')/${name}${selection(query)}`, value);
}

function attributeList(site: Site, definition: EntityDefinition, cast: string | undefined, query: Query): Answer {
  const type = castName(cast);
  const chosen = definition.attributes.filter((attribute) => type === null || castOf(attribute) === type);
  const template = chosen[0] && attributeJson(definition, chosen[0]);
  const matches = jsonFilter(query, { ...template?.common, ...template?.derived }, type ?? COMMON_TYPE);
  const value = chosen
    .filter((attribute) => {
      const { common, derived } = attributeJson(definition, attribute);
      return matches(type === null ? common : { ...common, ...derived });
    })
    .map((attribute) =>
      type === null ? untyped(definition, attribute, query.select) : typed(definition, attribute, type, query),
    );
  if (type === null && query.expand.length > 0) refuseExpansion(query.expand);
  const path = `EntityDefinitions('${definition.logicalName}')/Attributes${cast ? `/${cast}` : ''}`;
  return list(site, `${path}${selection(query)}`, value);
}

function oneAttribute(
  site: Site,
  definition: EntityDefinition,
  key: string,
  cast: string | undefined,
  query: Query,
): Answer {
  const name = /^LogicalName='([^']*)'$/.exec(key)?.[1];
  const attribute = definition.attributes.find(
    (one) => one.logicalName === name || one.metadataId === key.replace('MetadataId=', ''),
  );
  const type = castName(cast);
  if (!attribute || (type !== null && castOf(attribute) !== type)) throw entityNotFound(name ?? key);
  const json = type === null ? untyped(definition, attribute, query.select) : typed(definition, attribute, type, query);
  const context = {
    '@odata.context': `${baseOf(site)}$metadata#EntityDefinitions('${definition.logicalName}')/Attributes/$entity`,
  };
  return jsonAnswer(JSON.stringify({ ...context, ...json }));
}

function castName(cast: string | undefined): string | null {
  if (cast === undefined) return null;
  if (!cast.startsWith(NAMESPACE) || !cast.endsWith(COMMON_TYPE)) throw entityNotFound(cast);
  return cast.slice(NAMESPACE.length);
}

/** Without a cast only the common properties can be named; all together come with those of their types. */
function untyped(definition: EntityDefinition, attribute: AttributeDefinition, select: readonly string[] | null): Json {
  const { common, derived } = attributeJson(definition, attribute);
  const type = { '@odata.type': `#${NAMESPACE}${castOf(attribute)}` };
  return { ...type, ...(select === null ? { ...common, ...derived } : project(common, select, COMMON_TYPE)) };
}

function typed(definition: EntityDefinition, attribute: AttributeDefinition, type: string, query: Query): Json {
  const { common, derived, expandable } = attributeJson(definition, attribute);
  const json = project({ ...common, ...derived }, query.select, type);
  for (const { property, select } of query.expand) {
    if (!(property in expandable)) refuseExpansion([{ property, select }], type);
    const set = expandable[property] as Json | null;
    json[property] = set && project(set, select, 'OptionSetMetadata');
  }
  return json;
}

function refuseExpansion([first]: readonly Expansion[], type = COMMON_TYPE): never {
  throw invalidRequest(`Could not find a property named '${first?.property}' on type '${NAMESPACE}${type}'.`);
}

/** The chosen keys, the id always among them. */
function project(json: Json, select: readonly string[] | null, type: string): Json {
  if (select === null) return { ...json };
  const missing = select.find((name) => !(name in json));
  if (missing !== undefined && type !== 'OptionSetMetadata')
    throw invalidRequest(`Could not find a property named '${missing}' on type '${NAMESPACE}${type}'.`);
  return Object.fromEntries(['MetadataId', ...select].filter((name) => name in json).map((name) => [name, json[name]]));
}

function jsonFilter({ filter, aliases }: Query, template: Json, type: string): (json: Json) => boolean {
  if (filter === null) return () => true;
  return compileFilter<Json>(parseFilter(filter, aliases), (path) => {
    const [first = '', ...rest] = path.split('/');
    if (!(first in template) && Object.keys(template).length > 0)
      throw invalidRequest(`Could not find a property named '${first}' on type '${NAMESPACE}${type}'.`);
    return (json) => rest.reduce<unknown>((value, key) => (value as Json | null)?.[key], json[first]);
  });
}

function selection({ select }: Query): string {
  return select ? `(${select.join(',')})` : '';
}

function list(site: Site, context: string, value: readonly Json[]): Answer {
  return jsonAnswer(JSON.stringify({ '@odata.context': `${baseOf(site)}$metadata#${context}`, value }));
}
