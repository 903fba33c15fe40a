import { describe, expect, it } from 'vitest';
import { TENANT_ID } from '../../support/world.ts';
import { CLIENT_BODY, entitiesOf, SECOND, SECRET, useApi } from './kit.ts';

const api = useApi();
const names = (table: string) => [...api.world().destination('sales', table).values()];
const put = (id: string, more: object = {}) => api.call('PUT', `profiles/${id}`, { body: { ...CLIENT_BODY, ...more } });

describe('activatemetadata', () => {
  it('makes the tables and reads no row; activatedata then fills them', async () => {
    api.world().organization.create('parent', { name: 'one' });
    const id = await api.created();
    expect((await api.call('POST', `profiles/${id}/activatemetadata`, { body: '' })).json).toMatchObject({ State: 0 });
    await api.world().run(60 * SECOND);
    expect(names('parent')).toEqual([]);
    expect((await api.profile(id)).Entities[0].Status).toMatchObject({
      EntityMetadataState: 'Created',
      InitialSyncState: 'NotStarted',
    });
    expect((await api.call('POST', `profiles/${id}/activatedata`, { body: '' })).status).toBe(200);
    await api.world().run(10 * SECOND);
    expect(names('parent')).toEqual(['one']);
  });
});

describe('PUT', () => {
  it('on an active profile stops one entity and starts another at once; the table of the first stays', async () => {
    api.world().organization.create('parent', { name: 'p' });
    api.world().organization.create('child', { name: 'c' });
    const id = await api.active({ Entities: entitiesOf('parent') });
    const { status, json } = await put(id, { Entities: entitiesOf('child') });
    expect([status, json.State, json.Entities.length]).toEqual([200, 1, 1]);
    api.world().organization.create('parent', { name: 'late' });
    await api.world().run(10 * SECOND);
    expect([names('parent'), names('child')]).toEqual([['p'], ['c']]);
    expect((await api.profile(id)).Entities[0].Status).toMatchObject({ InitialSyncState: 'Completed' });
  });

  it('refuses an entity whose table stands, with the way to drop it; dropped, it begins anew', async () => {
    api.world().organization.create('parent', { name: 'p' });
    const id = await api.active({ Entities: entitiesOf('parent', 'child') });
    expect((await put(id, { Entities: entitiesOf('child') })).status).toBe(200);
    const refused = await put(id, { Entities: entitiesOf('child', 'parent') });
    expect(refused).toMatchObject({ status: 400, code: 'ACTIVATION_REFUSED' });
    expect(refused.json.Message).toMatch(/TABLE_STANDS.*drop\?entity=parent/s);
    await api.world().run(60 * SECOND);
    expect((await put(id, { Entities: entitiesOf('child', 'parent') })).text).toContain('TABLE_STANDS');
    const dropped = await api.call('POST', `profiles/${id}/drop?entity=parent`);
    expect(dropped.json).toEqual({ Entities: ['parent'] });
    expect((await put(id, { Entities: entitiesOf('child', 'parent') })).status).toBe(200);
    await api.world().run(10 * SECOND);
    expect(names('parent')).toEqual(['p']);
  });

  it('adopts a table that stands when it is told to and the shape fits, and leaves no row that is gone', async () => {
    const { self } = api.world().organization.create('parent', { name: 'gone meanwhile' });
    const id = await api.active({ Entities: entitiesOf('parent', 'child') });
    await put(id, { Entities: entitiesOf('child') });
    await api.world().run(10 * SECOND);
    api.world().organization.delete('parent', self.id);
    api.world().organization.create('parent', { name: 'new' });
    const adopting = { Entities: [...entitiesOf('child'), { Type: 'parent', Settings: { Adopt: true } }] };
    const area = api.world().database('sales').area({ schema: 'dbo', prefix: '' });
    const held = area.tables.get('parent')?.columns;
    const column = held?.get('name');
    if (!held || !column) throw new Error('no table to adopt');
    held.set('name', { ...column, type: 'datetime' });
    expect((await put(id, adopting)).text).toContain('TABLE_UNFIT');
    held.set('name', column);
    expect((await put(id, adopting)).status).toBe(200);
    await api.world().run(10 * SECOND);
    expect(names('parent')).toEqual(['new']);
  });

  it('changes name, retries and secret, but neither organization nor, once tables were made, schema and prefix', async () => {
    const id = await api.active();
    expect((await put(id, { Name: 'New', RetryPolicy: { MaxRetryCount: 0 } })).json).toMatchObject({
      Name: 'New',
      RetryPolicy: { MaxRetryCount: 0, IntervalInSeconds: 5 },
    });
    for (const more of [{ DestinationPrefix: 'crm' }, { DestinationSchemaName: 'other' }])
      expect(await put(id, more)).toMatchObject({ status: 409, code: 'PROFILE_FIXED' });
    const fresh = await api.created({ Name: 'Fresh' });
    expect((await put(fresh, { Name: 'Fresh', DestinationPrefix: 'crm' })).status).toBe(200);
    expect((await put(fresh, { Name: 'NEW' })).code).toBe('PROFILE_NAME_TAKEN');
  });
});

describe('pause and resume', () => {
  it('let one table stand still while others go on, and lose nothing', async () => {
    const id = await api.active();
    expect((await api.call('POST', `profiles/${id}/pause?ENTITY=Parent`)).json).toEqual({ Entities: ['parent'] });
    api.world().organization.create('parent', { name: 'p' });
    api.world().organization.create('child', { name: 'c' });
    await api.world().run(60 * SECOND);
    expect([names('parent'), names('child')]).toEqual([[], ['c']]);
    expect((await api.profile(id)).Entities[0].Status.CurrentState).toBe('Paused');
    await api.call('POST', `profiles/${id}/resume`);
    await api.world().run(10 * SECOND);
    expect(names('parent')).toEqual(['p']);
  });
});

describe('resync', () => {
  it('of one entity heals what somebody changed in its table', async () => {
    const { self } = api.world().organization.create('parent', { name: 'true' });
    const id = await api.active();
    const rows = api.world().database('sales').area({ schema: 'dbo', prefix: '' }).tables.get('parent')?.rows;
    const row = rows?.get(self.id);
    if (!rows || !row) throw new Error('nothing was copied');
    rows.set(self.id, { ...row, cells: { ...row.cells, name: 'false' } });
    rows.set('x', { ...row, id: 'x' });
    expect((await api.call('POST', `profiles/${id}/resync?entity=parent`)).json).toEqual({ Entities: ['parent'] });
    expect((await api.profile(id)).Entities[0].Status.InitialSyncState).toBe('InProgress');
    await api.world().run(10 * SECOND);
    expect(names('parent')).toEqual(['true']);
    expect((await api.profile(id)).Entities[0].Status.InitialSyncState).toBe('Completed');
  });

  it('of what the profile does not export is refused', async () => {
    const id = await api.active({ Entities: entitiesOf('parent') });
    expect(await api.call('POST', `profiles/${id}/resync?entity=child`)).toMatchObject({ status: 404 });
  });
});

describe('reconcile', () => {
  it('tells afterwards what differs, and heals it when asked to', async () => {
    const { self } = api.world().organization.create('parent', { name: 'true' });
    const id = await api.active();
    expect((await api.call('GET', `profiles/${id}/reconcile`)).code).toBe('NEVER_RECONCILED');
    const rows = api.world().database('sales').area({ schema: 'dbo', prefix: '' }).tables.get('parent')?.rows;
    const row = rows?.get(self.id);
    if (!rows || !row) throw new Error('nothing was copied');
    rows.set(self.id, { ...row, cells: { ...row.cells, name: 'false' } });
    const { status, json } = await api.call('POST', `profiles/${id}/reconcile?Entity=Parent&HEAL=true`);
    expect([status, json.State, json.Equal]).toEqual([202, 'InProgress', null]);
    await api.world().run(120 * SECOND);
    const report = (await api.call('GET', `profiles/${id}/reconcile`)).json;
    expect(report).toMatchObject({ Id: json.Id, State: 'Completed', Equal: false });
    expect(report.Entities).toMatchObject([
      { Type: 'parent', ResyncQueued: true, Result: { Differences: [{ RecordId: self.id, Columns: ['name'] }] } },
    ]);
    expect(names('parent')).toEqual(['true']);
    await api.call('POST', `profiles/${id}/reconcile`);
    await api.world().run(120 * SECOND);
    expect((await api.call('GET', `profiles/${id}/reconcile`)).json).toMatchObject({ Equal: true });
  });
});

describe('drop', () => {
  it('takes nothing from an active profile, and all from one that is not', async () => {
    api.world().organization.create('parent', { name: 'p' });
    const id = await api.active();
    for (const query of ['', '?entity=parent'])
      expect(await api.call('POST', `profiles/${id}/drop${query}`)).toMatchObject({ code: 'PROFILE_ACTIVE' });
    await api.call('POST', `profiles/${id}/deactivate`);
    const dropped = await api.call('POST', `profiles/${id}/drop`);
    expect(dropped.json).toEqual({ Entities: ['parent', 'child', 'parentchild'] });
    const area = api.world().database('sales').area({ schema: 'dbo', prefix: '' });
    expect([area.own, area.tables.size]).toEqual([null, 0]);
    await api.call('POST', `profiles/${id}/activate`);
    await api.world().run(10 * SECOND);
    expect(names('parent')).toEqual(['p']);
  });
});

describe('drop of one entity', () => {
  it('takes no table that is none of an entity, or of another prefix', async () => {
    const id = await api.active({ Entities: entitiesOf('parent') });
    for (const name of ['deletelog', 'freshetposition', 'attributemetadata', 'crm_parent', 'nothing'])
      expect(await api.call('POST', `profiles/${id}/drop?entity=${name}`)).toMatchObject({
        status: 404,
        code: 'ENTITY_NOT_EXPORTED',
      });
    await api.call('POST', `profiles/${id}/deactivate`);
    expect((await api.call('POST', `profiles/${id}/drop?entity=deletelog`)).status).toBe(404);
    expect((await api.call('POST', `profiles/${id}/drop?entity=PARENT`)).json).toEqual({ Entities: ['parent'] });
  });
});

describe('tables that a deleted profile left', () => {
  const adopting = (...entities: string[]) => ({
    Name: 'Heir',
    Entities: entities.map((Type) => ({ Type, Settings: { adopt: true } })),
  });
  const heir = async (more: object) => api.created({ Name: 'Heir', ...more });
  const activate = (id: string) => api.call('POST', `profiles/${id}/activate`);

  /** Gone without drop, with a failed record. */
  async function leave(): Promise<string> {
    api.world().organization.create('parent', { name: 'p' });
    api.world().organization.create('child', { name: 'c' });
    const id = await api.active({ RetryPolicy: { MaxRetryCount: 0 } });
    api.world().database('sales').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'bad' : null);
    api.world().organization.create('parent', { name: 'bad' });
    await api.world().run(10 * SECOND);
    expect((await api.profile(id)).Status.FailureNotifications).toBe(1);
    await api.call('DELETE', `profiles/${id}`);
    return id;
  }

  it('merely stand: they are no living profile’s, and keep another one from its activation until it adopts them', async () => {
    const former = await leave();
    const id = await heir({ Entities: entitiesOf('parent') });
    const refused = await activate(id);
    expect(refused).toMatchObject({ status: 400, code: 'ACTIVATION_REFUSED' });
    expect(refused.text).toMatch(/TABLE_STANDS.*Settings\.Adopt/s);
    expect(refused.text).not.toContain('DESTINATION_TABLES_TAKEN');
    const tested = (await api.call('GET', `profiles/${id}/test`)).json;
    const advice = tested.Findings.find(({ Code }: { Code: string }) => Code === 'TABLES_LEFT');
    expect(advice).toMatchObject({ Severity: 'Advice' });
    expect(advice.Message).toContain(former);
    expect((await put(id, adopting('parent'))).status).toBe(200);
    expect((await activate(id)).status).toBe(200);
  });

  it('are filled anew for who adopts them: no row, retry, failed record or place of the former one is left', async () => {
    await leave();
    const bad = [...api.world().source()].find(([, name]) => name === 'bad')?.[0] ?? '';
    api.world().organization.update('parent', bad, { name: 'mended' });
    const [gone = ''] = [...api.world().source('child').keys()];
    api.world().organization.delete('child', gone);
    const id = await heir(adopting('parent', 'child'));
    expect((await activate(id)).status).toBe(200);
    await api.world().run(10 * SECOND);
    expect([names('parent').toSorted(), names('child')]).toEqual([['mended', 'p'], []]);
    const { Status, Entities } = await api.profile(id);
    expect(Status).toMatchObject({ ExportStatus: 'Running', FailureNotifications: 0, InitialSyncState: 'Completed' });
    expect(Entities.map(({ Type }: { Type: string }) => Type)).toEqual(['parent', 'child']);
    const { own } = api.world().database('sales').area({ schema: 'dbo', prefix: '' });
    expect([...(own?.positions ?? [])].map(([entity, { profileId }]) => [entity, profileId]).toSorted()).toEqual([
      ['child', id],
      ['parent', id],
    ]);
    expect(own?.retries.size).toBe(0);
  });

  it('can be dropped by another profile, one or all, and then need no adoption', async () => {
    await leave();
    const id = await heir({ Entities: entitiesOf('parent', 'child') });
    expect((await api.call('POST', `profiles/${id}/drop?entity=parent`)).json).toEqual({ Entities: ['parent'] });
    const refused = (await activate(id)).text;
    expect(refused).toMatch(/TABLE_STANDS/);
    expect(refused).toContain('Entities[1].Type');
    expect(refused).not.toContain('Entities[0].Type');
    expect((await api.call('POST', `profiles/${id}/drop`)).json).toEqual({ Entities: ['child'] });
    expect((await activate(id)).status).toBe(200);
    await api.world().run(10 * SECOND);
    expect([names('parent'), names('child')]).toEqual([['p'], ['c']]);
  });

  it('of a living profile stay its own, whatever another one wants to adopt or drop', async () => {
    const living = await api.active();
    const id = await heir(adopting('parent'));
    const refused = await activate(id);
    expect(refused.text).toMatch(new RegExp(`DESTINATION_TABLES_TAKEN|${living}`));
    expect(refused.text).toContain(living);
    expect(await api.call('POST', `profiles/${id}/drop`)).toMatchObject({ code: 'DESTINATION_TABLES_TAKEN' });
    expect((await api.profile(living)).Status.ExportStatus).toBe('Running');
  });
});

describe('two profiles of one organization', () => {
  it('write to two databases, and one that is deleted leaves its objects and the other alone', async () => {
    const second = SECRET.replace('des-connection', 'second');
    api.world().secrets.set(second, { value: 'second', tags: { [CLIENT_BODY.OrganizationId]: TENANT_ID } });
    const first = await api.active();
    await api.active({ Name: 'Second', DestinationKeyVaultUri: second });
    api.world().organization.create('parent', { name: 'both' });
    await api.world().run(10 * SECOND);
    await api.call('DELETE', `profiles/${first}`);
    api.world().organization.create('parent', { name: 'one' });
    await api.world().run(10 * SECOND);
    expect(names('parent')).toEqual(['both']);
    expect([...api.world().destination('second').values()].toSorted()).toEqual(['both', 'one']);
  });
});
