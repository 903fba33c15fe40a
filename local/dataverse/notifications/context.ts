import type { Change } from '../model/changes.ts';
import { isLookup } from '../model/definitions.ts';
import type { Organization } from '../model/organization.ts';
import type { Row } from '../model/row.ts';
import type { Table } from '../model/table.ts';
import {
  contextValue,
  entityReference,
  entityValue,
  formattedText,
  type Pair,
  relationshipValue,
} from './context-values.ts';

/** What the messages of one request share. */
export interface RequestFrame {
  readonly requestId: string;
  readonly correlationId: string;
  /** Entities that the request changed, with the message each got. */
  readonly changedEntities: ReadonlyMap<string, string>;
}

export interface Body {
  /** The full RemoteExecutionContext. */
  readonly whole: object;
  /** What is left when the whole is too large. */
  cut(): object;
}

const NOBODY = '00000000-0000-0000-0000-000000000000';
const PLATFORM_STAGE = 30;
const POST_OPERATION = 40;

/** Sets of attributes that the service updates by messages of their own. */
const STATE = new Set(['statecode', 'statuscode']);
const OWNER = new Set(['ownerid', 'owninguser', 'owningteam', 'owningbusinessunit']);
const MODIFIED = ['modifiedon', 'modifiedby', 'modifiedonbehalfby'];

/**
 * The parts in which an update is told: state, owner and the rest each fire Update. Every part holds the key and who
 * changed the row when.
 */
export function partsOf({ message, changed }: Change): ReadonlySet<string>[] {
  if (message !== 'Update') return [changed];
  const own = [...changed].filter((name) => !MODIFIED.includes(name));
  const parts = [
    own.filter((name) => !STATE.has(name) && !OWNER.has(name)),
    own.filter((name) => OWNER.has(name)),
    own.filter((name) => STATE.has(name)),
  ].filter((part) => part.length > 0);
  return (parts.length > 0 ? parts : [[]]).map(
    (part) => new Set([...part, ...MODIFIED.filter((name) => changed.has(name))]),
  );
}

/** The body of one message for one step (reference: dataverse.md, part 1). */
export function contextOf(
  organization: Organization,
  change: Change,
  part: ReadonlySet<string>,
  stepId: string,
  frame: RequestFrame,
): Body {
  const isLink = change.relationship !== undefined;
  const { message } = change;
  const table = organization.table(change.entity);
  const image = primaryNameImage(table, change.row);
  const { identity } = organization;
  // The service writes the fields in the order of their names.
  const common = {
    BusinessUnitId: identity.businessUnitId,
    CorrelationId: frame.correlationId,
    Depth: change.depth,
    InitiatingUserAgent: '',
    InitiatingUserAzureActiveDirectoryObjectId: NOBODY,
    InitiatingUserId: change.caller.id,
    InputParameters: [{ key: 'Target', value: targetOf(organization, table, change, part) }, ...linkParameters(change)],
    IsExecutingOffline: false,
    IsInTransaction: false,
    IsOfflinePlayback: false,
    IsolationMode: 1,
    MessageName: message,
    Mode: 1,
    OperationCreatedOn: `/Date(${change.atSeconds * 1000}+0000)/`,
    OperationId: organization.newId(),
    OrganizationId: identity.organizationId,
    OrganizationName: identity.uniqueName,
    OutputParameters: message === 'Create' ? [{ key: 'id', value: change.id }] : [],
    OwningExtension: {
      Id: stepId,
      KeyAttributes: [],
      LogicalName: 'sdkmessageprocessingstep',
      Name: null,
      RowVersion: null,
    },
    ParentContext: null,
    PostEntityImages: message === 'Create' || message === 'Update' ? [image] : [],
    PreEntityImages: message === 'Delete' ? [image] : [],
    PrimaryEntityId: change.id,
    PrimaryEntityName: isLink ? 'none' : change.entity,
    RequestId: frame.requestId,
    SecondaryEntityName: 'none',
    SharedVariables: sharedVariables(change, frame),
    Stage: POST_OPERATION,
    UserAzureActiveDirectoryObjectId: NOBODY,
    UserId: change.caller.id,
  };
  const parent = isLink || message === 'Create' ? null : parentOf(common, change, frame);
  return {
    whole: { ...common, ParentContext: parent },
    cut() {
      const { InputParameters: _i, ParentContext: _p, PreEntityImages: _b, PostEntityImages: _a, ...rest } = common;
      return rest;
    },
  };
}

function targetOf(organization: Organization, table: Table, change: Change, part: ReadonlySet<string>): object {
  const { row, message } = change;
  if (message === 'Delete' || change.relationship) return entityReference(row.self);
  const key = table.definition.primaryIdAttribute;
  const attributes: Pair[] = [{ key, value: row.self.id }];
  const formatted: Pair[] = [];
  for (const attribute of table.definition.attributes) {
    const { logicalName } = attribute;
    if (!part.has(logicalName) || logicalName === key || logicalName === 'versionnumber') continue;
    attributes.push({ key: logicalName, value: contextValue(organization, table, row, attribute) });
    const text =
      message === 'Create' && !isLookup(attribute) ? formattedText(attribute, table.cell(row, logicalName)) : null;
    if (text !== null) formatted.push({ key: logicalName, value: text });
  }
  // An asynchronous message carries the row's version of the moment it is built, not that of its change.
  const now = table.rows.get(row.self.id) ?? row;
  return entityValue(row.self, attributes, formatted, String(now.version));
}

function linkParameters({ relationship, related }: Change): Pair[] {
  if (!relationship) return [];
  return [
    { key: 'Relationship', value: relationshipValue(relationship.schemaName) },
    { key: 'RelatedEntities', value: (related ?? []).map(entityReference) },
  ];
}

/** The automatic image of asynchronous steps: the key and the primary name, nothing else. */
function primaryNameImage(table: Table, row: Row): Pair {
  const { primaryIdAttribute, primaryNameAttribute } = table.definition;
  const name = primaryNameAttribute === null ? null : table.cell(row, primaryNameAttribute);
  const attributes = [
    ...(typeof name === 'string' ? [{ key: primaryNameAttribute as string, value: name }] : []),
    { key: primaryIdAttribute, value: row.self.id },
  ];
  return { key: 'AsynchronousStepPrimaryName', value: entityValue(row.self, attributes, [], null, false) };
}

function sharedVariables({ message, relationship }: Change, { changedEntities }: RequestFrame): Pair[] {
  const variables: Pair[] = [{ key: 'IsAutoTransact', value: true }];
  if (message === 'Create') variables.push({ key: 'DefaultsAddedFlag', value: true });
  if (!relationship) return variables;
  // The first entity named is the intersect: its rows have no messages of their own.
  const link = [relationship.intersectEntity, message === 'Associate' ? 'Create' : 'Delete'] as const;
  return [...variables, changedTypes(new Map([link, ...changedEntities]))];
}

/** The platform's own operation, in which the step's message was fired. */
function parentOf(common: object, { message }: Change, frame: RequestFrame): object {
  const variables: Pair[] = [{ key: 'IsAutoTransact', value: true }];
  if (message === 'Delete') variables.push(changedTypes(frame.changedEntities));
  return { ...common, PostEntityImages: [], PreEntityImages: [], SharedVariables: variables, Stage: PLATFORM_STAGE };
}

function changedTypes(entities: ReadonlyMap<string, string>): Pair {
  const value = [...entities].map(([key, change]) => ({
    __type: 'KeyValuePairOfstringstring:#System.Collections.Generic',
    key,
    value: change,
  }));
  return { key: 'ChangedEntityTypes', value };
}
