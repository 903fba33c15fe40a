import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entityMetadata } from '../../../local/dataverse/model/metadata.ts';
import { type Notification, parseNotification } from '../../../shared/dataverse/notification.ts';
import { makeReach, type Reachable } from '../../../shared/dataverse/reach.ts';
import { freshOrganization } from '../../support/fresh-organization.ts';

const link = (schemaName: string, intersectEntity: string, entity1: string, entity2: string) => ({
  schemaName,
  intersectEntity,
  entity1,
  entity1Attribute: `${entity1}id`,
  entity2,
  entity2Attribute: `${entity2}id`,
});

function entity(logicalName: string, relations: Partial<Reachable> = {}): Reachable {
  return {
    logicalName,
    isActivity: false,
    isIntersect: false,
    manyToMany: [],
    manyToOne: [],
    oneToMany: [],
    ...relations,
  };
}

function notification(message: string, about: Partial<Notification> = {}): Notification {
  const nobody = { organizationId: '', recordId: null, relationship: null, operationCreatedOn: null, cut: false };
  return { ...nobody, entity: 'account', message, ...about };
}

const accountLeads = link('accountleads_association', 'accountleads', 'account', 'lead');
const contactLeads = link('contactleads_association', 'contactleads', 'contact', 'lead');

const KNOWN: Reachable[] = [
  entity('account', {
    manyToMany: [accountLeads],
    oneToMany: [
      { schemaName: 'account_parent_account', referencingEntity: 'account', onDelete: 'Cascade' },
      { schemaName: 'contact_customer_accounts', referencingEntity: 'contact', onDelete: 'Cascade' },
      { schemaName: 'account_opportunity', referencingEntity: 'opportunity', onDelete: 'RemoveLink' },
      { schemaName: 'account_invoice', referencingEntity: 'invoice', onDelete: 'Restrict' },
      { schemaName: 'account_note', referencingEntity: 'annotation', onDelete: 'NoCascade' },
    ],
  }),
  entity('contact', {
    manyToMany: [contactLeads],
    manyToOne: [
      {
        schemaName: 'contact_customer_accounts',
        referencingAttribute: 'parentcustomerid',
        referencedEntity: 'account',
        referencedAttribute: 'accountid',
      },
    ],
    oneToMany: [{ schemaName: 'contact_phonecalls', referencingEntity: 'phonecall', onDelete: 'Cascade' }],
  }),
  entity('opportunity', {
    oneToMany: [{ schemaName: 'opportunity_close', referencingEntity: 'opportunityclose', onDelete: 'Cascade' }],
  }),
  entity('contactleads', { isIntersect: true, manyToMany: [contactLeads] }),
];

const reach = makeReach(KNOWN);

describe('a notification rings', () => {
  it.each(['Create', 'Update', 'SetState', 'Assign', 'Merge', ''])('its own entity alone on "%s"', (message) => {
    expect(reach(notification(message))).toEqual(['account']);
  });

  it('an entity that nobody knows', () => {
    expect(reach(notification('Update', { entity: 'new_thing' }))).toEqual(['new_thing']);
    expect(reach(notification('Delete', { entity: 'constructor' }))).toEqual(['constructor']);
  });

  it('on a delete its links, its children whose rows go or lose their lookup, and theirs where rows go', () => {
    expect(new Set(reach(notification('Delete')))).toEqual(
      new Set(['account', 'accountleads', 'contact', 'opportunity', 'contactleads', 'phonecall']),
    );
  });

  it('on a restore what it rings on a delete, for that comes back with it', () => {
    expect(reach(notification('Restore'))).toEqual(reach(notification('Delete')));
  });

  it('each entity once', () => {
    const rung = reach(notification('Delete'));
    expect(rung.length).toBe(new Set(rung).size);
    expect(reach(notification('Delete'))).toEqual(rung);
  });

  it.each(['Associate', 'Disassociate'])(
    'on %s the intersect entity of the relationship, however it is written',
    (message) => {
      const named = { entity: 'none', relationship: 'AccountLeads_Association' };
      expect(reach(notification(message, named))).toEqual(['accountleads']);
    },
  );

  it('on Associate of a one-to-many relationship the entity that has the lookup', () => {
    expect(reach(notification('Associate', { entity: 'none', relationship: 'contact_customer_accounts' }))).toEqual([
      'contact',
    ]);
  });

  it('nothing for a relationship of entities that nobody knows', () => {
    expect(reach(notification('Associate', { entity: 'none', relationship: 'team_membership' }))).toEqual([]);
  });

  it('all intersect entities when the body was cut and names no relationship', () => {
    expect(new Set(reach(notification('Associate', { entity: 'none' })))).toEqual(
      new Set(['accountleads', 'contactleads']),
    );
  });
});

describe('a captured notification, in an organization with the published tables, rings', () => {
  const FIXTURES = new URL('../../fixtures/remote-execution-context/', import.meta.url);
  const organization = freshOrganization();
  const published = organization.tables().map(({ definition }) => entityMetadata(organization, definition.logicalName));
  const reachOfAll = makeReach(published);
  const rungBy = (name: string) =>
    reachOfAll(parseNotification(readFileSync(new URL(name, FIXTURES), 'utf8')) as Notification);

  it.each(readdirSync(FIXTURES).filter((name) => !name.includes('delete')))('its own entity alone: %s', (name) => {
    expect(rungBy(name)).toEqual([name.startsWith('contact') ? 'contact' : 'msdyn_agentstatus']);
  });

  it('on the delete of a contact also its links, its parties and what looks up contacts', () => {
    const rung = rungBy('contact-delete.json');
    expect(rung[0]).toBe('contact');
    for (const entity of [
      'contactleads',
      'listmember',
      'activityparty',
      'phonecall',
      'account',
      'opportunity',
      'lead',
    ]) {
      expect(rung).toContain(entity);
    }
    expect(rung).not.toContain('systemuser');
  });

  it('of an activity reaches its parties, which nothing else notifies of', () => {
    const reach = makeReach([
      entity('phonecall', { isActivity: true }),
      entity('account', {
        oneToMany: [{ schemaName: 'account_calls', referencingEntity: 'phonecall', onDelete: 'Cascade' }],
      }),
    ]);
    expect(reach(notification('Create', { entity: 'phonecall' }))).toEqual(['phonecall', 'activityparty']);
    expect(reach(notification('Delete', { entity: 'account' }))).toEqual(['account', 'phonecall', 'activityparty']);
    expect(reach(notification('Update', { entity: 'account' }))).toEqual(['account']);
  });
});
