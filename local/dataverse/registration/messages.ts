import { idFromName } from '../model/name-id.ts';
import type { Organization } from '../model/organization.ts';
import { isReference } from '../model/row.ts';

/** Messages that have the same id in every organization that was looked at; the others are made up. */
const MESSAGE_IDS: Readonly<Record<string, string>> = {
  Create: '9ebdbb1b-ea3e-db11-86a7-000a3a5473e8',
  Assign: '8cbdbb1b-ea3e-db11-86a7-000a3a5473e8',
};
/** Messages of a table; Associate and Disassociate exist without a table only. */
const OF_TABLES = ['Create', 'Update', 'Delete', 'Restore'];
const WITHOUT_TABLE = ['Associate', 'Disassociate'];

/** Tables about the organization itself: no steps are registered on them, and none fires. */
const INTERNAL = new Set([
  'organization',
  'serviceendpoint',
  'sdkmessage',
  'sdkmessagefilter',
  'sdkmessageprocessingstep',
]);
/** Tables that are written through others: the real service offers no steps for them either. */
const WITHOUT_STEPS = new Set([
  'activityparty',
  'customeraddress',
  'leadaddress',
  'publisheraddress',
  'competitoraddress',
]);

const messageId = (name: string) => MESSAGE_IDS[name] ?? idFromName(`message ${name}`);

export function isInternal(entity: string): boolean {
  return INTERNAL.has(entity);
}

/** Whether rows of an entity have messages that steps can be registered for. */
export function hasSteps(organization: Organization, entity: string): boolean {
  return (
    !isInternal(entity) && !WITHOUT_STEPS.has(entity) && organization.table(entity).definition.isIntersect === false
  );
}

/** Adds the messages and filters that the tables of an organization have and that are not there yet. */
export function ensureMessages(organization: Organization): void {
  for (const name of [...OF_TABLES, 'Assign', ...WITHOUT_TABLE])
    if (!organization.find('sdkmessage', messageId(name)))
      organization.create('sdkmessage', { name }, { id: messageId(name) });
  const known = knownFilters(organization);
  for (const { definition } of organization.tables())
    if (hasSteps(organization, definition.logicalName)) addFilters(organization, definition.logicalName, known);
}

const filterKey = (message: string, entity: string) => `${message} ${entity}`;

function knownFilters(organization: Organization): Set<string> {
  const table = organization.table('sdkmessagefilter');
  const keys = [...table.rows.values()].map((row) => {
    const message = table.cell(row, 'sdkmessageid');
    return filterKey(isReference(message) ? message.id : '', String(table.cell(row, 'primaryobjecttypecode')));
  });
  return new Set(keys);
}

function addFilters(organization: Organization, entity: string, known: ReadonlySet<string>): void {
  for (const name of OF_TABLES) {
    if (known.has(filterKey(messageId(name), entity))) continue;
    const sdkmessageid = { entity: 'sdkmessage', id: messageId(name) };
    const values = { sdkmessageid, primaryobjecttypecode: entity, secondaryobjecttypecode: 'none' };
    const id = idFromName(`filter ${organization.identity.organizationId} ${name} ${entity}`);
    organization.create('sdkmessagefilter', values, { id });
  }
}
