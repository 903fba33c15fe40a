import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../shared/errors/error.ts';
import { OTHER_ID } from '../../support/api.ts';
import { ORGANIZATION_ID } from '../../support/world.ts';
import { CLIENT_BODY, entitiesOf, SECOND, useApi } from './kit.ts';

/** The rules that real clients of the original impose (reference: data-export-api.md, section 4), over HTTP. */

const api = useApi();
const NEVER = '0001-01-01T00:00:00';

describe('discovery', () => {
  it('lists organizations as a bare array, with addresses that text can be written behind', async () => {
    const { status, json } = await api.call('GET', 'metadata/organizations');
    expect(status).toBe(200);
    expect(json).toEqual([
      {
        OrganizationName: 'contoso',
        OrganizationUrl: 'https://contoso.crm.dynamics.com/',
        OrganizationId: ORGANIZATION_ID,
        ConnectorUrl: api.origin(),
        ErrorCategory: 0,
        ErrorCode: 0,
      },
    ]);
  });

  it.each(['discover', 'connector'])('%s finds one by its address, unencoded and in any letter case', async (path) => {
    for (const query of [
      'organizationUrl=https://contoso.crm.dynamics.com/',
      'organizationurl=https://Contoso.crm.dynamics.com',
      'ORGANIZATIONURL=https%3A%2F%2Fcontoso.crm.dynamics.com%2F',
      `organizationId=${ORGANIZATION_ID.toUpperCase()}`,
      '',
    ]) {
      const { json } = await api.call('GET', `metadata/${path}?${query}`);
      expect(json).toMatchObject({ OrganizationId: ORGANIZATION_ID, ConnectorUrl: api.origin() });
    }
  });

  it('says "failed authorization" of an organization that the caller does not administer, served here or not', async () => {
    for (const name of ['fabrikam', 'nobody']) {
      const { status, text } = await api.call(
        'GET',
        `metadata/discover?organizationUrl=https://${name}.crm.dynamics.com/`,
      );
      expect(status).toBe(403);
      expect(text.toLowerCase()).toContain('failed authorization');
    }
    const several = await api.call('GET', 'metadata/discover', { as: [ORGANIZATION_ID, OTHER_ID] });
    expect(several).toMatchObject({ status: 400, code: 'ORGANIZATION_NOT_NAMED' });
  });

  it('shows an organization that does not answer, and says so', async () => {
    api.world().wrapSource = (source) => ({ ...source, identity: () => Promise.reject(unavailable()) });
    const { json } = await api.call('GET', 'metadata/organizations');
    expect(json).toMatchObject([{ OrganizationName: 'contoso', ErrorCode: 1, ErrorMessage: expect.any(String) }]);
  });

  it('lists what can be exported as a bare array: tracked entities, and why others are none', async () => {
    const query = 'organizationurl=https://contoso.crm.dynamics.com/';
    const { json } = await api.call('GET', `metadata/entities?${query}`);
    expect(json.map(({ LogicalName }: { LogicalName: string }) => LogicalName)).toEqual(['child', 'parent']);
    expect(json[1]).toMatchObject({ DisplayName: expect.any(String), IsDisabled: false, ReasonIfDisabled: null });
    const all = await api.call('GET', `metadata/entities?${query}&all=true`);
    expect(all.json).toContainEqual(
      expect.objectContaining({
        LogicalName: 'untracked',
        IsDisabled: true,
        ReasonIfDisabled: 'Change Tracking is Disabled',
      }),
    );
  });

  it('lists many-to-many relationships by their intersect entity', async () => {
    const { json } = await api.call('GET', 'metadata/relationships');
    expect(json).toEqual([
      expect.objectContaining({
        Name: 'parent-child',
        Entity1LogicalName: 'parent',
        Entity2LogicalName: 'child',
        IsIntersect: true,
        IntersectLogicalName: 'parentchild',
        SchemaName: 'parent_child',
      }),
    ]);
  });

  it('remembers who accepted the privacy terms, for each organization', async () => {
    const accepted = async () => (await api.call('GET', 'metadata/hasorgacceptedprivacyterms')).json;
    expect(await accepted()).toBe(false);
    expect((await api.call('POST', 'metadata/acceptprivacyterms', { body: '' })).status).toBe(200);
    expect(await accepted()).toBe(true);
    const other = await api.call('GET', 'metadata/hasorgacceptedprivacyterms', { as: [OTHER_ID] });
    expect(other.json).toBe(false);
  });
});

describe('a profile of the real client', () => {
  it('is created as it is sent, with nulls, and answers Name and Id', async () => {
    const { status, json } = await api.call('POST', 'profiles', { body: CLIENT_BODY });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      Id: expect.any(String),
      Name: 'SalesExport',
      State: 0,
      OrganizationUrl: 'https://contoso.crm.dynamics.com/',
      DestinationKeyVaultUri: CLIENT_BODY.DestinationKeyVaultUri,
    });
  });

  it('is valid when it answers 2xx, and nothing of it is stored', async () => {
    const { status, json } = await api.call('POST', 'profiles/validate', { body: CLIENT_BODY });
    expect([status, json.Passed]).toEqual([200, true]);
    expect((await api.call('GET', 'profiles')).json).toEqual([]);
  });

  it('is activated by an empty body, and the answer is the profile', async () => {
    const id = await api.created();
    const { status, json } = await api.call('POST', `profiles/${id}/activate`, { body: '' });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      Id: id,
      OrganizationId: ORGANIZATION_ID,
      OrganizationUrl: 'https://contoso.crm.dynamics.com/',
    });
  });

  it('has a status object for every entity, whose date is never null', async () => {
    const id = await api.created();
    const dates = async () => {
      const listed = (await api.call('GET', `profiles?STATUS=True&organizationid=${ORGANIZATION_ID}`)).json;
      return listed[0].Entities.map(({ Status }: { Status: { LastExportDate: string } }) => Status.LastExportDate);
    };
    expect(await dates()).toEqual([NEVER, NEVER, NEVER]);
    for (const path of [`profiles/${id}?status=true`, `profiles/${id}/statistics`])
      expect((await api.call('GET', path)).text).not.toMatch(/"LastExportDate":(?!"0001-01-01T00:00:00")/);
    api.world().organization.create('parent', { name: 'one' });
    await api.call('POST', `profiles/${id}/activate`, { body: '' });
    await api.world().run(10 * SECOND);
    expect((await dates())[0]).not.toBe(NEVER);
  });

  it('has statistics, of itself and of each entity', async () => {
    api.world().organization.create('parent', { name: 'one' });
    const id = await api.active();
    const { status, json } = await api.call('GET', `profiles/${id}/statistics`);
    expect(status).toBe(200);
    expect(json).toMatchObject({ TotalNotifications: 1, InitialSyncPercent: 100, ExportStatus: 'Running' });
    expect(json.Entities).toHaveLength(3);
  });

  it('is complete also for an entity that is empty', async () => {
    const { Entities, Status } = await api.profile(await api.active());
    expect(Status).toMatchObject({ ExportStatus: 'Running', InitialSyncState: 'Completed' });
    for (const { Status: entity } of Entities)
      expect(entity).toMatchObject({ InitialSyncState: 'Completed', EntityMetadataState: 'Created' });
  });

  it('has a state that is a number, through its whole life', async () => {
    const id = await api.created();
    const states = [(await api.profile(id)).State];
    for (const wish of ['activate', 'deactivate', 'activate']) {
      await api.call('POST', `profiles/${id}/${wish}`, { body: '' });
      states.push((await api.profile(id)).State);
    }
    expect(states).toEqual([0, 1, 2, 1]);
  });

  it('is found by name among the profiles of its organization, and deleted', async () => {
    await api.created();
    const { json } = await api.call('GET', `profiles?organizationId=${ORGANIZATION_ID}`);
    for (const { Id, Name, State } of json) {
      if (Name === 'SalesExport' && State !== 3)
        expect((await api.call('DELETE', `profiles/${Id}`)).status).toBeLessThan(300);
    }
    expect((await api.call('GET', `profiles?organizationId=${ORGANIZATION_ID}`)).json).toEqual([]);
  });

  it('gives an address for its failures as a JSON text', async () => {
    const { status, json } = await api.call('GET', `profiles/${await api.created()}/failures`);
    expect(status).toBe(200);
    expect(URL.canParse(json)).toBe(true);
  });

  it('names only entities that are listed as exportable, letter case aside', async () => {
    const listed = (await api.call('GET', 'metadata/entities')).json.map(
      (row: { LogicalName: string }) => row.LogicalName,
    );
    const { status } = await api.call('POST', 'profiles/validate', {
      body: { ...CLIENT_BODY, Entities: entitiesOf(...listed.map((name: string) => name.toUpperCase())) },
    });
    expect(status).toBe(200);
  });
});

describe('an error', () => {
  it.each([
    ['GET', 'profiles/00000000-0000-4000-8000-000000000000', 404],
    ['POST', 'profiles', 400],
    ['POST', 'profiles/00000000-0000-4000-8000-000000000000/activate', 404],
    ['PUT', 'profiles/00000000-0000-4000-8000-000000000000', 400],
  ])('%s %s has exactly the original’s fields, and a code in its header', async (method, path, expected) => {
    const { status, json, code } = await api.call(method, path, method === 'GET' ? {} : { body: 'no json' });
    expect(status).toBe(expected);
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(Object.keys(json).toSorted()).toEqual(['CorrelationId', 'Details', 'Message']);
    for (const text of Object.values(json)) expect(text).toEqual(expect.any(String));
  });
});

describe('who may call', () => {
  it('nobody without a token: the answer leads to the sign-in', async () => {
    const { status, headers } = await api.call('GET', 'profiles', { as: null });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer authorization_uri=".+", resource_id=".+"$/);
  });

  it('nobody who administers no organization served here', async () => {
    expect((await api.call('GET', 'profiles', { as: ['nobody'] })).status).toBe(403);
  });

  it('another organization’s profiles are not there, whatever is asked of them', async () => {
    const id = await api.created();
    const other = { as: [OTHER_ID], body: CLIENT_BODY };
    expect((await api.call('GET', 'profiles', { as: [OTHER_ID] })).json).toEqual([]);
    expect((await api.call('GET', `profiles?organizationId=${ORGANIZATION_ID}`, { as: [OTHER_ID] })).json).toEqual([]);
    for (const path of ['', '/test', '/failures', '/statistics', '/reconcile', '/schemahistory'])
      expect((await api.call('GET', `profiles/${id}${path}`, { as: [OTHER_ID] })).status).toBe(404);
    for (const path of [
      'activate',
      'activatemetadata',
      'activatedata',
      'deactivate',
      'resync',
      'pause',
      'resume',
      'drop',
      'reconcile',
      'resyncfailed',
    ])
      expect((await api.call('POST', `profiles/${id}/${path}`, other)).status).toBe(404);
    expect((await api.call('PUT', `profiles/${id}`, other)).status).toBe(404);
    expect((await api.call('DELETE', `profiles/${id}`, { as: [OTHER_ID] })).status).toBe(404);
    expect((await api.profile(id)).State).toBe(0);
    const stolen = await api.call('POST', 'profiles', other);
    expect(stolen).toMatchObject({ status: 400, code: 'ORGANIZATION_UNKNOWN' });
  });
});

function unavailable() {
  return new FreshetError('SOURCE_UNAVAILABLE', { host: 'contoso', reason: 'no answer' });
}
