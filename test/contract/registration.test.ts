import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isReference } from '../../local/dataverse/model/row.ts';
import { type Notification, parseNotification } from '../../shared/dataverse/notification.ts';
import { makeReach } from '../../shared/dataverse/reach.ts';
import type { RegisteredEntity } from '../../shared/dataverse/registration.port.ts';
import { WebApiRegistration } from '../../shared/dataverse/web-api/registration.ts';
import { WebApiSource } from '../../shared/dataverse/web-api/source.ts';
import { clientOf, eventually, idOf, RecordingPoster } from '../local/dataverse/running.ts';
import { type ServedOrganization, serveOrganization } from './local-organization.ts';

const STEPS = 'sdkmessageprocessingstep';
const QUEUE = {
  address: 'sb://contoso.servicebus.windows.net/',
  path: 'notifications',
  keyName: 'dataverse-send',
  key: 'A'.repeat(43).concat('='),
};
const entity = (logicalName: string, isIntersect = false): RegisteredEntity => ({ logicalName, isIntersect });
const account = entity('account');
const contact = entity('contact');
const contactLeads = entity('contactleads', true);

describe('a registration in the local organization', () => {
  let served: ServedOrganization;
  let poster: RecordingPoster;
  let registration: WebApiRegistration;
  beforeEach(async () => {
    poster = new RecordingPoster();
    served = await serveOrganization(poster);
    registration = new WebApiRegistration({ ...served.options, installation: 'north', queue: QUEUE });
  });
  afterEach(() => served?.stop());

  /** `Create account`, `Associate`: the steps that stand and are enabled, each as often as it stands. */
  function enabled(): string[] {
    const { organization } = served;
    const table = organization.table(STEPS);
    const rows = [...table.rows.values()].filter((row) => table.cell(row, 'statecode') === 0);
    return rows
      .map((row) => {
        const [message, filter] = ['sdkmessageid', 'sdkmessagefilterid'].map((name) => table.cell(row, name));
        const filters = organization.table('sdkmessagefilter');
        const filterRow = isReference(filter) ? filters.rows.get(filter.id) : undefined;
        const of = filterRow ? ` ${filters.cell(filterRow, 'primaryobjecttypecode')}` : '';
        return `${isReference(message) ? organization.nameOf(message) : ''}${of}`;
      })
      .toSorted();
  }

  function endpoints(): Record<string, unknown>[] {
    const table = served.organization.table('serviceendpoint');
    const names = ['name', 'contract', 'messageformat', 'authtype', 'namespaceaddress', 'path', 'saskeyname', 'saskey'];
    return [...table.rows.values()].map((row) =>
      Object.fromEntries(names.map((name) => [name, table.cell(row, name)])),
    );
  }

  function versions(): number[] {
    return [...served.organization.table(STEPS).rows.values()].map(({ version }) => version);
  }

  it('has one queue endpoint for JSON, and steps for every kind of change', async () => {
    expect(await registration.ensure([account, contactLeads])).toEqual({ unregistered: [] });
    expect(endpoints()).toEqual([
      {
        name: 'Freshet north',
        contract: 6,
        messageformat: 2,
        authtype: 2,
        namespaceaddress: QUEUE.address,
        path: QUEUE.path,
        saskeyname: QUEUE.keyName,
        saskey: QUEUE.key,
      },
    ]);
    expect(enabled()).toEqual([
      'Associate',
      'Create account',
      'Delete account',
      'Disassociate',
      'Restore account',
      'Update account',
    ]);
  });

  it('makes the organization post notifications that ring the feeds they should', async () => {
    await registration.ensure([account, contact, contactLeads]);
    const { call } = clientOf(served.url);
    const contactId = idOf(await call('POST', 'contacts', { lastname: 'Ryder' }));
    const leadId = idOf(await call('POST', 'leads', { lastname: 'Elijah' }));
    const link = { '@odata.id': `${served.url}/api/data/v9.2/leads(${leadId})` };
    await call('POST', `contacts(${contactId})/contactleads_association/$ref`, link);
    await call('PATCH', `contacts(${contactId})`, { lastname: 'Rider' });
    await call('DELETE', `contacts(${contactId})`);
    await eventually(() => poster.posted.length >= 4, 'four notifications');

    const read = poster.posted.map(({ body }) => parseNotification(body) as Notification);
    const { organizationId } = served.organization.identity;
    const contactNamed = { organizationId, entity: 'contact', recordId: contactId, cut: false };
    expect(read).toMatchObject([
      { ...contactNamed, message: 'Create' },
      { organizationId, entity: 'none', message: 'Associate', relationship: 'contactleads_association' },
      { ...contactNamed, message: 'Update' },
      { ...contactNamed, message: 'Delete' },
    ]);
    const reach = makeReach([await new WebApiSource(served.options).metadata('contact')]);
    expect(read.slice(0, 3).map(reach)).toEqual([['contact'], ['contactleads'], ['contact']]);
    expect(reach(read[3] as Notification)).toEqual(
      expect.arrayContaining(['contact', 'contactleads', 'activityparty']),
    );
  });

  it('tells the entities of which Dataverse sends no notifications', async () => {
    expect(await registration.ensure([account, entity('activityparty')])).toEqual({ unregistered: ['activityparty'] });
  });

  it('changes no step when all is right', async () => {
    await registration.ensure([account, contactLeads]);
    const before = versions();
    await registration.ensure([contactLeads, account]);
    expect(versions()).toEqual(before);
    expect(endpoints().length).toBe(1);
  });

  it('mends what somebody disabled, removed or changed', async () => {
    await registration.ensure([account]);
    const { organization } = served;
    const [first = '', second = '', third = ''] = [...organization.table(STEPS).rows.keys()];
    organization.update(STEPS, first, { statecode: 1, statuscode: 2 });
    organization.update(STEPS, second, { filteringattributes: 'name' });
    organization.delete(STEPS, third);
    const before = enabled();
    await registration.ensure([account]);
    expect(before.length).toBe(2);
    expect(enabled()).toEqual(['Create account', 'Delete account', 'Restore account', 'Update account']);
    expect(organization.find(STEPS, second)).toBeUndefined();
  });

  it('gives the organization a new key and queue', async () => {
    await registration.ensure([account]);
    const queue = { ...QUEUE, path: 'elsewhere', key: 'B'.repeat(43).concat('=') };
    await new WebApiRegistration({ ...served.options, installation: 'north', queue }).ensure([account]);
    expect(endpoints()).toMatchObject([{ path: 'elsewhere', saskey: queue.key }]);
    expect(enabled().length).toBe(4);
  });

  it('removes the steps of what is no longer wanted', async () => {
    await registration.ensure([account, contact, contactLeads]);
    await registration.ensure([contact]);
    expect(enabled()).toEqual(['Create contact', 'Delete contact', 'Restore contact', 'Update contact']);
  });

  it('does not touch that of another installation', async () => {
    const south = new WebApiRegistration({ ...served.options, installation: "south's", queue: QUEUE });
    await registration.ensure([account]);
    await south.ensure([contact]);
    await registration.remove();
    expect(enabled()).toEqual(['Create contact', 'Delete contact', 'Restore contact', 'Update contact']);
    expect(endpoints()).toMatchObject([{ name: "Freshet south's" }]);
  });

  it('leaves nothing behind when it is removed, and may be removed again', async () => {
    await registration.ensure([account, contactLeads]);
    await registration.remove();
    expect([enabled(), endpoints()]).toEqual([[], []]);
    await registration.remove();
  });
});
