import { z } from 'zod';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { AttributeType, EntityMetadata } from '../metadata.ts';
import { load, loadAll } from './answers.ts';
import { displayText, labels, readAttributes, typeNameOf } from './attributes.ts';
import type { Request, WebApiClient } from './client.ts';
import { OTHER } from './errors.ts';
import { METADATA_VERSION } from './page.ts';
import { MANY_TO_MANY, MANY_TO_ONE, ONE_TO_MANY, type Relationships } from './relationships.ts';

const entityAnswer = z.object({
  LogicalName: z.string(),
  SchemaName: z.string(),
  DisplayName: labels.nullish(),
  EntitySetName: z.string(),
  ObjectTypeCode: z.number().nullish(),
  PrimaryIdAttribute: z.string(),
  PrimaryNameAttribute: z.string().nullish(),
  IsIntersect: z.boolean().nullish(),
  IsActivity: z.boolean().nullish(),
  ChangeTrackingEnabled: z.boolean().nullish(),
});

const properties = z.record(z.string(), z.unknown());
type Properties = z.infer<typeof properties>;

/** Some properties are promised only by an answer that is cast to one type of attribute. */
interface Cast {
  readonly name: string;
  readonly types: readonly AttributeType[];
  readonly query: string;
  /** Present, it says that the answer without a cast had this type's properties too; options never are in that. */
  readonly property: string;
}

const OPTIONS = { query: '$select=LogicalName&$expand=OptionSet,GlobalOptionSet', property: 'OptionSet' };
const PRECISION = { query: '$select=LogicalName,Precision', property: 'Precision' };

const CASTS: readonly Cast[] = [
  { name: 'Picklist', types: ['PicklistType'], ...OPTIONS },
  { name: 'MultiSelectPicklist', types: ['MultiSelectPicklistType'], ...OPTIONS },
  { name: 'State', types: ['StateType'], ...OPTIONS },
  { name: 'Status', types: ['StatusType'], ...OPTIONS },
  { name: 'Boolean', types: ['BooleanType'], ...OPTIONS },
  { name: 'String', types: ['StringType'], query: '$select=LogicalName,MaxLength,FormatName', property: 'MaxLength' },
  { name: 'Memo', types: ['MemoType'], query: '$select=LogicalName,MaxLength,Format', property: 'MaxLength' },
  { name: 'Decimal', types: ['DecimalType'], ...PRECISION },
  { name: 'Double', types: ['DoubleType'], ...PRECISION },
  { name: 'Money', types: ['MoneyType'], query: `${PRECISION.query},CalculationOf`, property: 'Precision' },
  {
    name: 'DateTime',
    types: ['DateTimeType'],
    query: '$select=LogicalName,Format,DateTimeBehavior',
    property: 'Format',
  },
  {
    name: 'Lookup',
    types: ['LookupType', 'CustomerType', 'OwnerType'],
    query: '$select=LogicalName,Targets',
    property: 'Targets',
  },
];

/** Loads an entity's definition, past the server's cache: one request, and one more for each list it does not hold. */
export async function loadMetadata(client: WebApiClient, entity: string): Promise<EntityMetadata> {
  const name = entity.toLowerCase();
  if (!/^\w{1,128}$/.test(name)) throw new FreshetError('ENTITY_NOT_FOUND', { entity });
  const select = Object.keys(entityAnswer.shape).join(',');
  const answer = await load(client, requestOf(name, `?$select=${select}`), entityAnswer);
  const attributes = await loadAttributes(client, name);
  return {
    logicalName: answer.LogicalName,
    schemaName: answer.SchemaName,
    displayName: displayText(answer.DisplayName) ?? answer.SchemaName,
    entitySetName: answer.EntitySetName,
    objectTypeCode: answer.ObjectTypeCode ?? null,
    primaryIdAttribute: answer.PrimaryIdAttribute,
    primaryNameAttribute: answer.PrimaryNameAttribute ?? null,
    isIntersect: answer.IsIntersect ?? false,
    isActivity: answer.IsActivity ?? false,
    changeTracking: answer.ChangeTrackingEnabled ?? false,
    attributes: client.readable(() => readAttributes(attributes)),
    manyToMany: await loadRelationships(client, name, MANY_TO_MANY),
    manyToOne: await loadRelationships(client, name, MANY_TO_ONE),
    oneToMany: await loadRelationships(client, name, ONE_TO_MANY),
  };
}

const VERSION = `@${METADATA_VERSION}`;
const versionAnswer = z.object({ [VERSION]: z.string().nullish() });

/** Lists of rows tell it; the shortest is that of the organization itself. Whom this list is refused to gets none. */
export async function loadMetadataVersion(client: WebApiClient): Promise<string | null> {
  const headers = { Prefer: `odata.include-annotations="${METADATA_VERSION}"` };
  const request = { path: 'organizations?$select=organizationid', subject: OTHER, headers };
  try {
    return (await load(client, request, versionAnswer))[VERSION] ?? null;
  } catch (error) {
    if (isFreshetError(error, 'SOURCE_FORBIDDEN') || isFreshetError(error, 'SOURCE_ANSWER_UNREADABLE')) return null;
    throw error;
  }
}

/** What all answers about the entity's attributes say, those of the casts after the one without. */
async function loadAttributes(client: WebApiClient, entity: string): Promise<Properties[]> {
  const lists = [await loadList(client, entity, '/Attributes', properties)];
  for (const { name, query } of CASTS.filter((cast) => isNeeded(cast, lists[0] ?? []))) {
    const path = `/Attributes/Microsoft.Dynamics.CRM.${name}AttributeMetadata?${query}`;
    lists.push(await loadList(client, entity, path, properties));
  }
  return lists.flat();
}

function isNeeded({ types, property }: Cast, attributes: readonly Properties[]): boolean {
  return attributes.some(
    (attribute) => types.includes(typeNameOf(attribute)) && (attribute[property] ?? null) === null,
  );
}

/** In the order of their names, so that equal definitions are equal. */
async function loadRelationships<T extends { readonly schemaName: string }>(
  client: WebApiClient,
  entity: string,
  { path, answer }: Relationships<T>,
): Promise<T[]> {
  const found = await loadList(client, entity, path, answer);
  return found.toSorted((a, b) => (a.schemaName < b.schemaName ? -1 : 1));
}

function loadList<T>(client: WebApiClient, entity: string, path: string, item: z.ZodType<T>): Promise<T[]> {
  return loadAll(client, requestOf(entity, path), item);
}

function requestOf(entity: string, path: string): Request {
  return {
    path: `EntityDefinitions(LogicalName='${entity}')${path}`,
    subject: { kind: 'definition', entity },
    headers: { Consistency: 'Strong', 'If-None-Match': 'null' },
  };
}
