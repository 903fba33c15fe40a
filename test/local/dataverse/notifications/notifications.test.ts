import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, ENDPOINT, eventually, idOf, RecordingPoster, register, startClient } from '../running.ts';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/remote-execution-context/${name}`, import.meta.url), 'utf8'));
const CONTRACTS = 'http://schemas.microsoft.com/xrm/2011/Contracts';
const ALL_OF_CONTACT = (['Create', 'Update', 'Delete', 'Restore'] as const).map(
  (message) => [message, 'contact'] as const,
);

/** The keys of a body at all levels but those of attributes, which are the table's. */
const frame = (body: object) => Object.keys(body);

describe('notifications', () => {
  let client: Client;
  let poster: RecordingPoster;
  beforeEach(async () => {
    poster = new RecordingPoster();
    client = await startClient({ poster });
  });
  afterEach(() => client.stop());

  const create = async (set: string, values: object) => idOf(await client.call('POST', set, values));
  const posted = (count: number) => eventually(() => poster.posted.length >= count, `${count} notifications`);
  const target = (body: { InputParameters: { key: string; value: never }[] }) =>
    body.InputParameters[0]?.value as unknown as { Attributes: { key: string; value: unknown }[] };
  const attributes = (body: never) => Object.fromEntries(target(body).Attributes.map(({ key, value }) => [key, value]));

  it('come only for what is registered', async () => {
    await create('contacts', { lastname: 'unheard' });
    await register(client, [['Create', 'contact']]);
    await create('accounts', { name: 'unheard' });
    const id = await create('contacts', { lastname: 'heard' });
    await client.call('PATCH', `contacts(${id})`, { lastname: 'unheard' });
    await posted(1);
    expect(poster.bodies().map((body) => [body.MessageName, body.PrimaryEntityId])).toEqual([['Create', id]]);
    expect(poster.addresses[0]?.connectionString).toBe(
      `Endpoint=sb://127.0.0.1:5671;SharedAccessKeyName=Root;SharedAccessKey=${ENDPOINT.saskey};UseDevelopmentEmulator=true`,
    );
    expect(poster.posted[0]?.properties).toEqual({
      'http://schemas.microsoft.com/xrm/2011/Claims/Organization': 'contoso',
      'http://schemas.microsoft.com/xrm/2011/Claims/EntityLogicalName': 'contact',
      'http://schemas.microsoft.com/xrm/2011/Claims/RequestName': 'Create',
    });
  });

  it('have the fields of captured ones, in their order and in their shapes', async () => {
    await register(client, ALL_OF_CONTACT);
    const values = {
      firstname: 'Minnie',
      lastname: 'Ryder',
      birthdate: '1990-05-23',
      gendercode: 2,
      creditlimit: 12.5,
      emailaddress1: null,
    };
    const id = await create('contacts', values);
    await client.call('PATCH', `contacts(${id})`, { lastname: 'Rider' });
    await client.call('DELETE', `contacts(${id})`);
    await posted(3);
    const [created, updated, deleted] = poster.bodies();
    const withAgent = (body: object) => frame(body).filter((key) => key !== 'InitiatingUserAgent');
    for (const [ours, name] of [
      [created, 'contact-create.json'],
      [updated, 'contact-update.json'],
      [deleted, 'contact-delete.json'],
    ] as const)
      expect(withAgent(ours)).toEqual(frame(fixture(name)));
    expect(attributes(created as never)).toMatchObject({
      contactid: id,
      lastname: 'Ryder',
      fullname: 'Minnie Ryder',
      birthdate: '/Date(643420800000+0000)/',
      gendercode: { __type: `OptionSetValue:${CONTRACTS}`, Value: 2 },
      creditlimit: { __type: `Money:${CONTRACTS}`, Value: 12.5 },
      emailaddress1: null,
      statecode: { __type: `OptionSetValue:${CONTRACTS}`, Value: 0 },
      ownerid: {
        __type: `EntityReference:${CONTRACTS}`,
        Id: client.organization.identity.callerId,
        KeyAttributes: [],
        LogicalName: 'systemuser',
        Name: null,
        RowVersion: null,
      },
      createdon: expect.stringMatching(/^\/Date\(\d+\)\/$/),
    });
    expect(attributes(created as never)).not.toHaveProperty('versionnumber');
    expect(created.OutputParameters).toEqual([{ key: 'id', value: id }]);
    expect(Object.keys(attributes(updated as never)).sort()).toEqual(
      ['contactid', 'fullname', 'lastname', 'modifiedby', 'modifiedon', 'modifiedonbehalfby', 'yomifullname'].sort(),
    );
    expect(updated.PostEntityImages[0].key).toBe('AsynchronousStepPrimaryName');
    expect(target(deleted)).toEqual({
      __type: `EntityReference:${CONTRACTS}`,
      Id: id,
      KeyAttributes: [],
      LogicalName: 'contact',
      Name: null,
      RowVersion: null,
    });
    expect(deleted.PreEntityImages[0].key).toBe('AsynchronousStepPrimaryName');
  });

  it('tell an update of state and other columns in two parts, and heed filtering attributes', async () => {
    await register(client, [
      ['Update', 'contact'],
      ['Update', 'contact', { filteringattributes: 'jobtitle' }],
    ]);
    const id = await create('contacts', { lastname: 'x' });
    await client.call('PATCH', `contacts(${id})`, { lastname: 'y', statecode: 1 });
    await posted(2);
    await client.call('PATCH', `contacts(${id})`, { jobtitle: 'z' });
    await posted(4);
    const changed = poster
      .bodies()
      .map((body) =>
        Object.keys(attributes(body as never)).filter((key) => /^(lastname|statecode|jobtitle)$/.test(key)),
      );
    expect(changed).toEqual([['lastname'], ['statecode'], ['jobtitle'], ['jobtitle']]);
  });

  it('name the relationship and both sides of a link, but no table', async () => {
    await register(client, [
      ['Associate', null],
      ['Disassociate', null],
    ]);
    const contact = await create('contacts', { lastname: 'C' });
    const lead = await create('leads', { lastname: 'L' });
    await client.call('POST', `contacts(${contact})/contactleads_association/$ref`, { '@odata.id': `/leads(${lead})` });
    await client.call('DELETE', `contacts(${contact})/contactleads_association(${lead})/$ref`);
    await posted(2);
    for (const [at, body] of poster.bodies().entries()) {
      expect(body).toMatchObject({ MessageName: at === 0 ? 'Associate' : 'Disassociate', PrimaryEntityName: 'none' });
      expect(body.InputParameters.map(({ key }: { key: string }) => key)).toEqual([
        'Target',
        'Relationship',
        'RelatedEntities',
      ]);
      expect(body.InputParameters[1].value.SchemaName).toBe('contactleads_association');
      expect(body.InputParameters[2].value).toMatchObject([{ LogicalName: 'lead', Id: lead }]);
    }
  });

  it('carry party lists as entities, and restored rows by their key alone', async () => {
    await register(client, [...ALL_OF_CONTACT, ['Create', 'phonecall']]);
    const contact = await create('contacts', { lastname: 'C' });
    await create('phonecalls', {
      subject: 'Hi',
      phonecall_activity_parties: [{ 'partyid_contact@odata.bind': `/contacts(${contact})`, participationtypemask: 2 }],
    });
    await client.call('DELETE', `contacts(${contact})`);
    await client.control('restoreRow', { entity: 'contact', id: contact });
    await posted(4);
    const bodies = poster.bodies();
    expect((attributes(bodies[1] as never).to as { LogicalName: string }[])[0]).toMatchObject({
      __type: `Entity:${CONTRACTS}`,
      LogicalName: 'activityparty',
    });
    expect(bodies[3]).toMatchObject({ MessageName: 'Restore' });
    expect(attributes(bodies[3] as never)).toEqual({ contactid: contact });
  });

  it('are cut when they are too large, and not sent when that does not help', async () => {
    await register(client, [['Create', 'fre_sample']]);
    await create('fre_samples', { fre_name: 'small', fre_notes: 'x' });
    await create('fre_samples', { fre_name: 'large', fre_notes: 'ä'.repeat(99_000) });
    await posted(2);
    const [whole, cut] = poster.bodies();
    expect(whole).toHaveProperty('InputParameters');
    for (const key of ['InputParameters', 'ParentContext', 'PreEntityImages', 'PostEntityImages'])
      expect(cut).not.toHaveProperty(key);
    expect(cut).toMatchObject({ MessageName: 'Create', PrimaryEntityName: 'fre_sample' });
    expect(poster.posted[1]?.properties).toMatchObject({ MessageMaxSizeExceeded: true });
  });

  it('stop while a step is disabled, and end when it is removed; the endpoint goes last', async () => {
    const { endpointId, stepIds } = await register(client, [['Create', 'contact']]);
    const step = `sdkmessageprocessingsteps(${stepIds[0]})`;
    await client.call('PATCH', step, { statecode: 1, statuscode: 2 });
    await create('contacts', { lastname: 'unheard' });
    await client.call('PATCH', step, { statecode: 0, statuscode: 1 });
    await create('contacts', { lastname: 'heard' });
    await posted(1);
    expect(poster.posted).toHaveLength(1);
    expect((await client.call('DELETE', `serviceendpoints(${endpointId})`)).status).toBe(400);
    expect((await client.call('DELETE', step)).status).toBe(204);
    expect((await client.call('DELETE', `serviceendpoints(${endpointId})`)).status).toBe(204);
  });

  it('wait while the queue does not answer, and all come when it does', async () => {
    await register(client, [['Create', 'contact']]);
    poster.failing = true;
    for (let at = 0; at < 5; at++) await create('contacts', { lastname: `waiting ${at}` });
    await eventually(() => poster.attempts > 0);
    const { body } = await client.control('status');
    expect(body.notifications.outbox).toMatchObject({ waiting: 5, lastError: 'the queue does not answer' });
    poster.failing = false;
    await posted(5);
    expect(new Set(poster.bodies().map((one) => one.PrimaryEntityId)).size).toBe(5);
  });

  it('are lost, doubled or held back on command', async () => {
    await register(client, [['Create', 'contact']]);
    await client.control('notifications', { lost: 1 });
    await create('contacts', { lastname: 'lost' });
    await client.control('notifications', { lost: 0, doubled: 1 });
    await create('contacts', { lastname: 'doubled' });
    await posted(2);
    const operations = new Set(poster.bodies().map((body) => body.OperationId));
    expect([poster.posted.length, operations.size]).toEqual([2, 1]);
    await client.control('administrationMode', { on: true });
    client.organization.create('contact', { lastname: 'waiting' });
    await client.control('seed', { entity: 'contact', rows: 1 });
    expect(poster.posted).toHaveLength(2);
    await client.control('administrationMode', { on: false });
    await posted(4);
  });
});

describe('registration', () => {
  let client: Client;
  beforeEach(async () => {
    client = await startClient({ poster: new RecordingPoster() });
  });
  afterEach(() => client.stop());

  it('never shows the key, says whether there is one, and checks it', async () => {
    const { endpointId } = await register(client, []);
    const { body } = await client.get(`serviceendpoints(${endpointId})`);
    expect(body.issaskeyset).toBe(true);
    expect(body).not.toHaveProperty('saskey');
    expect((await client.get('serviceendpoints?$select=saskey')).status).toBe(400);
    expect(
      (await client.call('POST', 'serviceendpoints', { ...ENDPOINT, name: 'other', saskey: 'short' })).status,
    ).toBe(400);
    expect((await client.call('POST', 'serviceendpoints', ENDPOINT)).status).toBe(412);
  });

  it('answers the documented look-ups; where steps are not possible it answers with nothing', async () => {
    const empty = await client.get(
      "sdkmessagefilters?$select=sdkmessagefilterid&$filter=primaryobjecttypecode eq 'activityparty'",
    );
    expect(empty.body.value).toEqual([]);
    const alias = await client.get(
      "sdkmessagefilters?$select=sdkmessagefilterid&$filter=primaryobjecttypecode eq @table&$expand=sdkmessageid($select=name)&@table='account'",
    );
    expect(alias.body.value).toHaveLength(4);
    const { endpointId } = await register(client, [['Update', 'account', { filteringattributes: 'name,telephone1' }]]);
    const steps = await client.get(
      `sdkmessageprocessingsteps?$select=sdkmessageprocessingstepid,name,stage,mode,rank,statecode,filteringattributes&$filter=_eventhandler_value eq ${endpointId}&$expand=sdkmessageid($select=name),sdkmessagefilterid($select=primaryobjecttypecode)`,
    );
    expect(steps.body.value).toMatchObject([
      {
        stage: 40,
        mode: 1,
        statecode: 0,
        filteringattributes: 'name,telephone1',
        sdkmessageid: { name: 'Update' },
        sdkmessagefilterid: { primaryobjecttypecode: 'account' },
      },
    ]);
  });

  it('refuses navigation properties in the wrong case, and steps that are not asynchronous', async () => {
    const body = {
      name: 'x',
      stage: 40,
      mode: 1,
      'SdkMessageId@odata.bind': '/sdkmessages(9ebdbb1b-ea3e-db11-86a7-000a3a5473e8)',
    };
    expect((await client.call('POST', 'sdkmessageprocessingsteps', body)).body.error.code).toBe('0x80048d19');
    const { stepIds } = await register(client, [['Create', 'account', { mode: 0 }]], { ...ENDPOINT, name: 'sync' });
    expect(stepIds).toEqual(['']);
  });
});
