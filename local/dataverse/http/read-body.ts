import { PARTY_MASKS } from '../../../shared/dataverse/party-lists.ts';
import { isGuid } from '../model/coerce.ts';
import { type AttributeDefinition, isLookup, propertyOf } from '../model/definitions.ts';
import { DataverseError, invalidRequest, invalidValue } from '../model/errors.ts';
import type { Organization } from '../model/organization.ts';
import type { Reference } from '../model/row.ts';
import type { Table } from '../model/table.ts';
import { lookupOf } from './navigation.ts';

const BIND = '@odata.bind';
const PARTY_ATTRIBUTES = new Map(Object.entries(PARTY_MASKS).map(([name, mask]) => [mask, name]));

/** A JSON body; a number with more digits than a double holds becomes its text. Throws a DataverseError. */
export function parseBody(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text, exactly);
  } catch (error) {
    throw invalidRequest(`Error while processing the request body: ${error instanceof Error ? error.message : ''}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidRequest('The request body must be a JSON object.');
  return value as Record<string, unknown>;
}

function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || /e/i.test(source)) return value;
  return source.replace(/\D/g, '').length > 15 && String(value) !== source ? source : value;
}

/** `/accounts(<id>)`, with or without the organization's address before it. */
export function readAddress(organization: Organization, address: unknown): Reference {
  const match = /([\w]+)\((?:\w+=)?([0-9a-fA-F-]{36})\)$/.exec(typeof address === 'string' ? address : '');
  const id = match?.[2]?.toLowerCase() ?? '';
  const table = organization.tables().find(({ definition }) => definition.entitySetName === match?.[1]);
  if (!table || !isGuid(id)) throw invalidRequest(`Invalid entity reference '${String(address)}'.`);
  return { entity: table.definition.logicalName, id };
}

/** The values by attribute that a POST or PATCH body gives. Throws a DataverseError that names what cannot be taken. */
export function readValues(organization: Organization, table: Table, body: Readonly<Record<string, unknown>>) {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(body)) {
    if (key.endsWith(BIND)) bind(organization, table, key.slice(0, -BIND.length), value, values);
    else if (key.includes('@')) continue;
    else if (key === `${table.definition.logicalName}_activity_parties`) readParties(organization, value, values);
    else setProperty(table, key, value, values);
  }
  return values;
}

function setProperty(table: Table, key: string, value: unknown, values: Record<string, unknown>): void {
  const attribute = table.attribute(key);
  const isWritable = attribute && !isLookup(attribute) && attribute.type !== 'PartyListType';
  const lookup = isWritable ? null : lookupOf(table.definition, key);
  if (isWritable) values[key] = value;
  else if (lookup && value === null) values[lookup.attribute.logicalName] = null;
  else if (!isLookupValue(table, key)) throw undeclared(table, key);
}

/** `_ownerid_value` comes back in what clients read and send again; it is not taken. */
function isLookupValue(table: Table, key: string): boolean {
  return table.definition.attributes.some(
    (attribute: AttributeDefinition) => isLookup(attribute) && propertyOf(attribute) === key,
  );
}

function undeclared({ definition }: Table, key: string): DataverseError {
  const type = `Microsoft.Dynamics.CRM.${definition.logicalName}`;
  return new DataverseError(
    400,
    '0x80048d19',
    `Error identified in Payload provided by the user for Entity :'${definition.entitySetName}', InnerException : The property '${key}' does not exist on type '${type}'. Make sure to only use property names that are defined by the type.`,
  );
}

function bind(
  organization: Organization,
  table: Table,
  property: string,
  value: unknown,
  values: Record<string, unknown>,
): void {
  const lookup = lookupOf(table.definition, property);
  if (!lookup)
    throw new DataverseError(
      400,
      '0x80048d19',
      `Error identified in Payload provided by the user for Entity :'${table.definition.entitySetName}', InnerException : An undeclared property '${property}' which only has property annotations in the payload but no property value was found in the payload. In OData, only declared navigation properties and declared named streams can be represented as properties without values.`,
    );
  const reference = value === null ? null : readAddress(organization, value);
  if (reference && lookup.target && lookup.target !== reference.entity)
    throw invalidValue(`The navigation property ${property} cannot refer to a row of ${reference.entity}.`);
  values[lookup.attribute.logicalName] = reference;
}

/** `phonecall_activity_parties`: the parties of an activity, told apart by their mask. */
function readParties(organization: Organization, list: unknown, values: Record<string, unknown>): void {
  for (const party of Array.isArray(list) ? (list as Record<string, unknown>[]) : []) {
    const attribute = PARTY_ATTRIBUTES.get(Number(party.participationtypemask));
    const address = Object.entries(party).find(([key]) => key.startsWith('partyid') && key.endsWith(BIND))?.[1];
    if (!attribute || address === undefined)
      throw invalidValue('A party lacks its participationtypemask or its partyid.');
    values[attribute] = [...((values[attribute] as Reference[] | undefined) ?? []), readAddress(organization, address)];
  }
}
