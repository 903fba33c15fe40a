import { PARTY_MASKS } from '../../../shared/dataverse/party-lists.ts';
import { dateText, labelOf } from '../model/cell-text.ts';
import { type AttributeDefinition, isChoice, isLookup } from '../model/definitions.ts';
import type { Organization } from '../model/organization.ts';
import { type Cell, isReference, type Reference, type Row } from '../model/row.ts';
import type { Table } from '../model/table.ts';

const CONTRACTS = 'http://schemas.microsoft.com/xrm/2011/Contracts';

export interface Pair {
  readonly key: string;
  readonly value: unknown;
}

export function entityReference({ entity, id }: Reference): object {
  return {
    __type: `EntityReference:${CONTRACTS}`,
    Id: id,
    KeyAttributes: [],
    LogicalName: entity,
    Name: null,
    RowVersion: null,
  };
}

const optionSetValue = (value: number) => ({ __type: `OptionSetValue:${CONTRACTS}`, Value: value });

/** An Entity; without its type as the value of an image. */
export function entityValue(
  { entity, id }: Reference,
  attributes: readonly Pair[],
  formatted: readonly Pair[],
  rowVersion: string | null,
  isTyped = true,
): object {
  return {
    ...(isTyped ? { __type: `Entity:${CONTRACTS}` } : {}),
    Attributes: attributes,
    EntityState: null,
    FormattedValues: formatted,
    Id: id,
    KeyAttributes: [],
    LogicalName: entity,
    RelatedEntities: [],
    RowVersion: rowVersion,
  };
}

export function relationshipValue(schemaName: string): object {
  return { __type: `Relationship:${CONTRACTS}`, PrimaryEntityRole: null, SchemaName: schemaName };
}

/** The value of an attribute as a RemoteExecutionContext carries it (reference: dataverse.md, 1.3). */
export function contextValue(
  organization: Organization,
  table: Table,
  row: Row,
  attribute: AttributeDefinition,
): unknown {
  if (attribute.type === 'PartyListType') return partyList(organization, row, attribute);
  const cell = table.cell(row, attribute.logicalName);
  if (cell === null) return null;
  if (isReference(cell)) return entityReference(cell);
  if (isChoice(attribute)) return optionSetValue(Number(cell));
  switch (attribute.type) {
    case 'MultiSelectPicklistType':
      return String(cell)
        .split(',')
        .map((value) => optionSetValue(Number(value)));
    case 'MoneyType':
      return { __type: `Money:${CONTRACTS}`, Value: Number(cell) };
    case 'DecimalType':
    case 'BigIntType':
      return Number(cell);
    case 'DateTimeType':
      return dateValue(attribute, Number(cell));
    default:
      return cell;
  }
}

/** Milliseconds UTC; the offset is cosmetic and not always there. */
function dateValue({ dateTimeBehavior }: AttributeDefinition, seconds: number): string {
  const offset = dateTimeBehavior === 'DateOnly' ? '+0000' : '';
  return `/Date(${seconds * 1000}${offset})/`;
}

/** The parties of an activity in one role, each an Entity of its own. */
function partyList(organization: Organization, activity: Row, { logicalName }: AttributeDefinition): object[] {
  const table = organization.findTable('activityparty');
  if (!table) return [];
  return table.referringTo('activityid', activity.self.id).flatMap((id) => {
    const party = table.rows.get(id);
    const partyid = party ? table.cell(party, 'partyid') : null;
    if (!party || table.cell(party, 'participationtypemask') !== PARTY_MASKS[logicalName] || !isReference(partyid))
      return [];
    const attributes = [
      { key: 'partyid', value: entityReference(partyid) },
      { key: 'participationtypemask', value: optionSetValue(PARTY_MASKS[logicalName] ?? 0) },
      { key: 'activityid', value: entityReference(activity.self) },
    ];
    return [entityValue(party.self, attributes, [], null)];
  });
}

/** The display text that accompanies a value; null for those that have none. */
export function formattedText(attribute: AttributeDefinition, cell: Cell): string | null {
  if (cell === null || isLookup(attribute)) return null;
  if (isChoice(attribute) || attribute.type === 'BooleanType') return labelOf(attribute, cell);
  if (attribute.type !== 'DateTimeType') return null;
  const text = dateText(attribute, Number(cell));
  return text.includes('T') ? text.replace('Z', '-00:00') : `${text}T00:00:00`;
}
