import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, eventually, RecordingPoster, startClient } from '../running.ts';

describe('the control of an organization', () => {
  let client: Client;
  beforeAll(async () => {
    client = await startClient({ poster: new RecordingPoster(), rows: 300 });
  });
  afterAll(() => client.stop());

  const rowsOf = async (entity: string): Promise<number> => (await client.control('status')).body.rows[entity];
  const version = async (): Promise<number> => (await client.control('status')).body.version;

  it('refuses what it does not know, and says what there is', async () => {
    const unknown = await client.control('explode');
    expect([unknown.status, unknown.body.error]).toEqual([400, expect.stringContaining('startStream')]);
    expect((await client.control('seed', { rows: 'many' })).status).toBe(400);
    expect((await client.control('seed', { rows: 1, typo: 1 })).status).toBe(400);
    expect((await client.control('checksum', { entity: 'nothing' })).status).toBe(404);
  });

  it('seeds rows of every table, the same for the same seed', async () => {
    const other = await startClient({ rows: 300 });
    const counts = async (one: Client) => (await one.control('status')).body.rows;
    expect(await counts(other)).toEqual(await counts(client));
    for (const name of [
      'account',
      'contact',
      'lead',
      'opportunity',
      'phonecall',
      'activityparty',
      'contactleads',
      'systemuser',
      'fre_sample',
    ])
      expect(await rowsOf(name)).toBeGreaterThan(0);
    await other.stop();
  });

  it('streams changes of every kind and says when it is done', async () => {
    const before = await version();
    await client.control('startStream', { rate: 2000, seed: 5, count: 600 });
    await eventually(async () => (await client.control('status')).body.stream.done);
    expect((await client.control('status')).body.stream).toMatchObject({ issued: 600, running: false });
    expect(await version()).toBeGreaterThanOrEqual(before + 600);
  });

  it('gives checksums that a reader of ids and versions can make too', async () => {
    const { body } = await client.control('checksum', { entity: 'lead' });
    const { value } = (await client.get('leads?$select=leadid,versionnumber&$orderby=leadid')).body;
    const lines = value.map((row: { leadid: string; versionnumber: number }) => `${row.leadid} ${row.versionnumber}\n`);
    expect(body).toMatchObject({
      count: value.length,
      hash: createHash('sha256').update(lines.join('')).digest('hex'),
    });
  });

  it('computes a value without a new version, and only one that is computed', async () => {
    const row = async () =>
      (await client.get('fre_samples?$select=fre_score,versionnumber&$orderby=fre_sampleid&$top=1')).body.value[0];
    const { fre_sampleid: id, versionnumber } = await row();
    const computed = await client.control('recompute', { entity: 'fre_sample', id, values: { fre_score: 77 } });
    expect(computed.status).toBe(200);
    expect(await row()).toMatchObject({ fre_sampleid: id, fre_score: 77, versionnumber });
    const other = await client.control('recompute', { entity: 'fre_sample', id, values: { fre_name: 'x' } });
    expect(other.status).toBe(400);
  });

  it('takes a table away: reads and its definition are refused', async () => {
    const definition = {
      LogicalName: 'fre_gone',
      EntitySetName: 'fre_gones',
      PrimaryIdAttribute: 'fre_goneid',
      Attributes: [{ LogicalName: 'fre_goneid', AttributeTypeName: 'UniqueidentifierType' }],
    };
    await client.control('define', { definitions: [definition] });
    expect((await client.get('fre_gones')).status).toBe(200);
    expect((await client.control('removeEntity', { entity: 'fre_gone' })).status).toBe(200);
    expect((await client.get('fre_gones')).status).toBe(404);
    expect((await client.get(`EntityDefinitions(LogicalName='fre_gone')`)).status).toBe(404);
  });

  it('throttles the next requests, with the time to wait', async () => {
    await client.control('throttle', { requests: 2, retryAfterSeconds: 7 });
    for (let at = 0; at < 2; at++) {
      const { status, headers, body } = await client.get('WhoAmI');
      expect([status, headers.get('retry-after'), body.error.code]).toEqual([429, '7', '0x80072322']);
    }
    expect((await client.get('WhoAmI')).status).toBe(200);
  });

  it('refuses everybody in administration mode', async () => {
    await client.control('administrationMode', { on: true });
    const { status, body } = await client.get('accounts');
    expect([status, body.error.code]).toEqual([403, '0x8004A113']);
    await client.control('clearFaults');
    expect((await client.get('accounts?$top=1')).status).toBe(200);
  });

  it('goes back to a saved state, versions and metadata included', async () => {
    const before = await client.control('checksum', { entity: 'account' });
    const versionBefore = await version();
    await client.control('saveState', { name: 'monday' });
    await client.control('addAttribute', {
      entity: 'account',
      attribute: { LogicalName: 'new_extra', AttributeTypeName: 'StringType', MaxLength: 10 },
    });
    await client.control('seed', { entity: 'account', rows: 20 });
    expect((await client.get('accounts?$select=new_extra&$top=1')).status).toBe(200);
    expect((await client.control('restoreState', { name: 'monday' })).status).toBe(200);
    expect((await client.control('checksum', { entity: 'account' })).body).toEqual(before.body);
    expect(await version()).toBe(versionBefore);
    expect((await client.get('accounts?$select=new_extra&$top=1')).status).toBe(400);
    expect((await client.control('restoreState', { name: 'never' })).status).toBe(404);
  });

  it('adds, widens and removes attributes, and adds options', async () => {
    const define = (command: string, input: object) => client.control(command, { entity: 'contact', ...input });
    await define('addAttribute', {
      attribute: { LogicalName: 'new_a', AttributeTypeName: 'StringType', MaxLength: 5 },
    });
    const id = client.organization.create('contact', { lastname: 'x', new_a: 'abc' }).self.id;
    await define('widenAttribute', { attribute: 'new_a', maxLength: 50 });
    await client.call('PATCH', `contacts(${id})`, { new_a: 'longer than five' });
    expect((await client.get(`contacts(${id})?$select=new_a`)).body.new_a).toBe('longer than five');
    await define('removeAttribute', { attribute: 'new_a' });
    expect((await client.get(`contacts(${id})?$select=new_a`)).status).toBe(400);
    await define('addOption', { attribute: 'familystatuscode', option: { Value: 77, Label: 'Complicated' } });
    expect((await client.call('PATCH', `contacts(${id})`, { familystatuscode: 77 })).status).toBe(204);
  });

  it('holds a transaction open: its version is taken, its change not seen, no token passes it', async () => {
    const { body } = await client.control('holdTransaction', { ms: 300, entity: 'account' });
    const status = (await client.control('status')).body;
    expect(status.bound).toBe(body.version - 1);
    expect((await client.call('PATCH', `accounts(${body.id})`, { name: 'locked' })).body.error.code).toBe('0x80044151');
    await eventually(async () => {
      const now = (await client.control('status')).body;
      return now.bound === now.version;
    });
    expect((await client.get(`accounts(${body.id})?$select=versionnumber`)).body.versionnumber).toBe(body.version);
  });

  it('moves and becomes another organization', async () => {
    await client.control('organizationId', { id: '99999999-0000-4000-8000-000000000001' });
    expect((await client.get('WhoAmI')).body.OrganizationId).toBe('99999999-0000-4000-8000-000000000001');
    await client.control('move', { url: 'http://127.0.0.1:1/', geo: 'NA' });
    const { body } = await client.get(`${client.url}/api/data/v9.2/accounts?$top=1`);
    expect(body['@odata.context']).toContain('http://127.0.0.1:1/api/data/v9.2/');
  });

  it('counts requests by kind', async () => {
    const { requests } = (await client.control('status')).body;
    expect(requests.byKind).toMatchObject({ rows: expect.any(Number), 'function 429': 2, 'rows 403': 1 });
  });
});
