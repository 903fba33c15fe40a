import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, idOf, startClient } from '../running.ts';

describe('rows over HTTP', () => {
  let client: Client;
  beforeAll(async () => {
    client = await startClient();
  });
  afterAll(() => client.stop());

  const create = async (set: string, values: object) => idOf(await client.call('POST', set, values));

  it('cannot be read without a token', async () => {
    const answer = await client.get('accounts', { Authorization: '' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('authorization_uri=');
  });

  it('come back as they were written, exact numbers with all their digits', async () => {
    const response = await fetch(`${client.url}/api/data/v9.2/fre_samples`, {
      method: 'POST',
      headers: { Authorization: 'Bearer x', Prefer: 'return=representation' },
      body: '{"fre_name":"Zoë 🚀","fre_big":9223372036854775807,"fre_exact":12345678901.1234567891,"fre_amount":1.5,"fre_birthday":"2001-02-03","fre_happenedat":"2024-05-06T07:08:09+02:00","fre_tags":"100000002,100000000"}',
    });
    expect(response.status).toBe(201);
    const text = await response.text();
    for (const part of [
      '"fre_name":"Zoë 🚀"',
      '"fre_big":9223372036854775807',
      '"fre_exact":12345678901.1234567891',
      '"fre_amount":1.5000',
      '"fre_amount_base":1.5000',
      '"fre_birthday":"2001-02-03"',
      '"fre_happenedat":"2024-05-06T05:08:09Z"',
      '"fre_tags":"100000000,100000002"',
    ])
      expect(text).toContain(part);
  });

  it('carry the annotations that were asked for, and no others', async () => {
    const account = await create('accounts', { name: 'Contoso' });
    const contact = await create('contacts', {
      firstname: 'Ada',
      lastname: 'Lovelace',
      familystatuscode: 1,
      'parentcustomerid_account@odata.bind': `/accounts(${account})`,
    });
    const query = `contacts(${contact})?$select=fullname,familystatuscode,_parentcustomerid_value`;
    const plain = (await client.get(query)).body;
    expect(Object.keys(plain).filter((key) => key.includes('@') && !key.startsWith('@'))).toEqual([]);
    expect(plain).toMatchObject({ contactid: contact, fullname: 'Ada Lovelace', _parentcustomerid_value: account });
    const annotated = (await client.get(query, { Prefer: 'odata.include-annotations="*"' })).body;
    expect(annotated).toMatchObject({
      'familystatuscode@OData.Community.Display.V1.FormattedValue': 'Single',
      '_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'account',
      '_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty': 'parentcustomerid_account',
      '_parentcustomerid_value@OData.Community.Display.V1.FormattedValue': 'Contoso',
    });
  });

  it('are found by filters, lists of keys and sorted', async () => {
    const ids: string[] = [];
    for (const name of ["O'Neil", 'b', 'c'])
      ids.push(await create('leads', { lastname: name, numberofemployees: ids.length }));
    const names = async (query: string) =>
      (await client.get(`leads?$select=lastname&${query}`)).body.value.map((row: { lastname: string }) => row.lastname);
    expect(await names(`$filter=${encodeURIComponent("lastname eq 'o''neil'")}`)).toEqual(["O'Neil"]);
    expect(await names("$filter=numberofemployees gt 0 and not (lastname eq 'b')")).toEqual(['c']);
    const list = ids.slice(1).map((id) => `'${id}'`);
    const filter = `Microsoft.Dynamics.CRM.In(PropertyName='leadid',PropertyValues=[${list}])`;
    expect((await names(`$filter=${filter}`)).sort()).toEqual(['b', 'c']);
    expect(await names('$orderby=lastname desc&$top=2')).toEqual(["O'Neil", 'c']);
    expect((await client.get('leads/$count')).body).toBe('3');
    expect((await client.get('leads?$count=true&$top=1')).body['@odata.count']).toBe(3);
  });

  it('are refused with the codes of the service', async () => {
    const code = async (method: string, target: string, body?: object) => {
      const answer = await client.call(method, target, body);
      return [answer.status, answer.body.error.code];
    };
    const nobody = '00000000-0000-4000-8000-00000000dead';
    expect(await code('GET', `accounts(${nobody})`)).toEqual([404, '0x80040217']);
    expect(await code('GET', 'nothings')).toEqual([404, '0x80060888']);
    expect(await code('GET', 'accounts?$select=createdbyname')).toEqual([400, '0x80060888']);
    expect(await code('GET', 'accounts?$select=nam')).toEqual([400, '0x80060888']);
    expect(await code('GET', 'accounts?$filter=name eq')).toEqual([400, '0x80060888']);
    expect(await code('POST', 'accounts', { nam: 'x' })).toEqual([400, '0x80048d19']);
    expect(await code('POST', 'accounts', { 'PrimaryContactId@odata.bind': `/contacts(${nobody})` })).toEqual([
      400,
      '0x80048d19',
    ]);
    expect(await code('POST', 'accounts', { 'primarycontactid@odata.bind': `/contacts(${nobody})` })).toEqual([
      404,
      '0x80040217',
    ]);
    expect(await code('DELETE', `accounts(${nobody})`)).toEqual([404, '0x80040217']);
  });

  it('are patched, upserted and deleted; preconditions hold', async () => {
    const id = await create('accounts', { name: 'before' });
    const tag = (await client.get(`accounts(${id})?$select=name`)).body['@odata.etag'];
    expect((await client.call('PATCH', `accounts(${id})`, { name: 'after' })).status).toBe(204);
    expect((await client.call('PATCH', `accounts(${id})`, { name: 'late' }, { 'If-Match': tag })).status).toBe(412);
    expect((await client.get(`accounts(${id})?$select=name`)).body.name).toBe('after');
    expect((await client.call('DELETE', `accounts(${id})`)).status).toBe(204);
    expect((await client.call('PATCH', `accounts(${id})`, { name: 'x' }, { 'If-Match': '*' })).status).toBe(404);
    expect((await client.call('PATCH', `accounts(${id})`, { name: 'again' })).status).toBe(204);
    expect((await client.get(`accounts(${id})?$select=name`)).body.name).toBe('again');
  });

  it('are linked and unlinked through many-to-many relationships', async () => {
    const contact = await create('contacts', { lastname: 'C' });
    const lead = await create('leads', { lastname: 'L' });
    const address = `${client.url}/api/data/v9.2/leads(${lead})`;
    const navigation = `contacts(${contact})/contactleads_association`;
    expect((await client.call('POST', `${navigation}/$ref`, { '@odata.id': address })).status).toBe(204);
    const links = (await client.get(`contactleadscollection?$filter=contactid eq ${contact}`)).body.value;
    expect(links).toMatchObject([{ contactid: contact, leadid: lead }]);
    expect((await client.call('DELETE', `${navigation}(${lead})/$ref`)).status).toBe(204);
    expect((await client.get(`contactleadscollection?$filter=contactid eq ${contact}`)).body.value).toEqual([]);
  });

  it('bring the parties of an activity along, and take them away again', async () => {
    const contact = await create('contacts', { lastname: 'Called' });
    const { callerId } = client.organization.identity;
    const call = await create('phonecalls', {
      subject: 'Hello',
      phonecall_activity_parties: [
        { 'partyid_systemuser@odata.bind': `/systemusers(${callerId})`, participationtypemask: 1 },
        { 'partyid_contact@odata.bind': `/contacts(${contact})`, participationtypemask: 2 },
      ],
    });
    const parties = async () =>
      (
        await client.get(
          `activityparties?$select=_partyid_value,participationtypemask&$filter=_activityid_value eq ${call}`,
        )
      ).body.value;
    const masks = (await parties()).map((party: { participationtypemask: number }) => party.participationtypemask);
    expect(masks.sort()).toEqual([1, 2, 9]);
    await client.call('DELETE', `phonecalls(${call})`);
    expect(await parties()).toEqual([]);
  });

  it('are restored under their old id', async () => {
    const id = await create('accounts', { name: 'Phoenix' });
    await client.call('DELETE', `accounts(${id})`);
    const target = { '@odata.type': 'Microsoft.Dynamics.CRM.account', accountid: id };
    expect((await client.call('POST', 'Restore', { Target: target })).status).toBe(200);
    expect((await client.get(`accounts(${id})?$select=name`)).body.name).toBe('Phoenix');
  });
});
