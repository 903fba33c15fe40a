import { describe, expect, it } from 'vitest';
import type { Examination } from '../../../shared/destination/model.ts';
import { PERMISSION_CODES } from '../../../shared/destination/permissions.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import { TENANT_ID } from '../../support/world.ts';
import { replacing } from '../../unit/export/activating.ts';
import { CLIENT_BODY, entitiesOf, SECRET, useApi } from './kit.ts';

const api = useApi();
const validate = (more: object) => api.call('POST', 'profiles/validate', { body: { ...CLIENT_BODY, ...more } });
const put = (id: string, more: object = {}) => api.call('PUT', `profiles/${id}`, { body: { ...CLIENT_BODY, ...more } });

/** Every destination opened from now on refuses this. */
function refusing(method: 'examine' | 'positions', error: FreshetError): void {
  api.world().wrapDestination = (destination) => replacing(destination, method, () => Promise.reject(error));
}

/** Every destination opened from now on is examined with this. */
function examinedAs(found: Partial<Examination>): void {
  api.world().wrapDestination = (destination) =>
    replacing(destination, 'examine', async (original) => ({ ...((await original()) as Examination), ...found }));
}

/** Look-alikes, other ports, user information, addresses, redirect tricks: nothing may be asked of any of them. */
const HOSTILE = [
  'http://contoso.vault.azure.net/secrets/s',
  'https://contoso.vault.azure.net:8443/secrets/s',
  'https://user:word@contoso.vault.azure.net/secrets/s',
  'https://contoso.vault.azure.net./secrets/s',
  'https://contoso.vault.azure.net.example.com/secrets/s',
  'https://vault.azure.net/secrets/s',
  'https://contosovault.azure.net/secrets/s',
  'https://contoso.vault.azure.net@example.com/secrets/s',
  'https://example.com#.vault.azure.net/secrets/s',
  'https://example.com/.vault.azure.net/secrets/s',
  'https://contoso.vault.azure.net\\@example.com/secrets/s',
  'https://127.0.0.1/secrets/s',
  'https://[::1]/secrets/s',
  'https://169.254.169.254/secrets/s',
  'https://xn--cntoso-90a.vault.azure.net/secrets/s',
  'https://cоntoso.vault.azure.net/secrets/s',
  'https://contoso.vault.azure.net/secrets/../keys/s',
  'https://contoso.vault.azure.net/keys/s',
  'https://contoso.vault.azure.net/secrets/s?x=1',
  ' https://contoso.vault.azure.net/secrets/s',
  'https://127.0.0.1:7083/secrets/destination',
];

describe('the address of the secret', () => {
  it.each(HOSTILE)('%j is refused by create, replace and validate', async (DestinationKeyVaultUri) => {
    const created = await api.call('POST', 'profiles', { body: { ...CLIENT_BODY, DestinationKeyVaultUri } });
    expect(created).toMatchObject({ status: 400, code: 'VAULT_URL_REFUSED' });
    const id = await api.created();
    expect((await put(id, { DestinationKeyVaultUri })).code).toBe('VAULT_URL_REFUSED');
    expect((await validate({ Name: 'another', DestinationKeyVaultUri })).text).toContain('VAULT_URL_REFUSED');
    expect((await api.profile(id)).DestinationKeyVaultUri).toBe(SECRET);
  });

  it('is used exactly as given: letter case, version and slash at the end', async () => {
    const wrongCase = await validate({ DestinationKeyVaultUri: SECRET.replace('des-connection', 'DES-connection') });
    expect(wrongCase.text).toContain('SECRET_NOT_FOUND');
    const current = SECRET.replace(/[0-9a-f]{32}$/, '');
    expect((await validate({ DestinationKeyVaultUri: current })).status).toBe(200);
    expect(
      (await api.call('POST', 'profiles', { body: { ...CLIENT_BODY, DestinationKeyVaultUri: current } })).json,
    ).toMatchObject({ DestinationKeyVaultUri: current });
  });
});

describe('validate', () => {
  it('names everything found at once, wrong fields included, each with what to do', async () => {
    await api.created();
    api.world().database('sales').denied.add('CRTB').add('UP');
    const { status, json } = await validate({
      RetryPolicy: { MaxRetryCount: 21 },
      Entities: entitiesOf('parent', 'untracked', 'nosuchthing', 'activitypointer'),
    });
    expect(status).toBe(400);
    for (const text of [
      'RetryPolicy.MaxRetryCount: at most 20',
      'choose phonecall, appointment, email, task',
      'Name: The organization has a profile named SalesExport already. (PROFILE_NAME_TAKEN)',
      'untracked does not track changes. (ENTITY_NOT_TRACKED)',
      'The organization has no entity nosuchthing.',
      'CRTB CREATE TABLE',
      'UP UPDATE',
    ])
      expect(json.Message).toContain(text);
    expect((await api.call('GET', 'profiles')).json).toHaveLength(1);
  });

  it.each([
    ['SECRET_NOT_FOUND', () => ({ DestinationKeyVaultUri: 'https://contoso.vault.azure.net/secrets/other' })],
    [
      'SECRET_NOT_TAGGED',
      () => {
        api.world().secrets.set(SECRET, { value: 'sales', tags: { another: TENANT_ID } });
        return {};
      },
    ],
    [
      'DESTINATION_LOGIN_FAILED',
      () => {
        refusing('examine', new FreshetError('DESTINATION_LOGIN_FAILED', { text: 'no such user' }));
        return {};
      },
    ],
    [
      'TABLE_FOREIGN',
      () => {
        examinedAs({ foreign: ['deletelog'] });
        return {};
      },
    ],
    ['RELATIONSHIP_ALONE', () => ({ Entities: entitiesOf('parentchild') })],
  ])('finds %s', async (code, change) => {
    const { status, text } = await validate(change());
    expect(status).toBe(400);
    expect(text).toContain(code);
  });

  it('with the Id of a profile is about its replacement: its own name and tables are no clash', async () => {
    const Id = await api.active();
    expect((await validate({ Id })).status).toBe(200);
    expect((await validate({})).text).toMatch(/PROFILE_NAME_TAKEN.*DESTINATION_TABLES_TAKEN.*TABLE_STANDS/s);
  });
});

describe('test', () => {
  it('answers every permission of the original by its code and name', async () => {
    const id = await api.created();
    api.world().database('sales').denied.add('AL');
    const { status, json } = await api.call('GET', `profiles/${id}/test`);
    expect(status).toBe(200);
    expect(json.Passed).toBe(false);
    expect(json.Findings).toMatchObject([{ Code: 'PERMISSION_MISSING', Severity: 'Error' }]);
    expect(json.Permissions.map(({ Code }: { Code: string }) => Code)).toEqual(PERMISSION_CODES);
    expect(json.Permissions).toContainEqual(
      expect.objectContaining({ Code: 'AL', Name: 'ALTER', Scope: 'Schema', State: 'Missing' }),
    );
  });

  it('names the permissions also of a login that may not even look at the tables', async () => {
    const id = await api.created();
    api.world().database('sales').denied.add('CRTB').add('SL');
    refusing('positions', new FreshetError('DESTINATION_FORBIDDEN', { text: 'no permission' }));
    const { json } = await api.call('GET', `profiles/${id}/test`);
    expect(json.Findings.map(({ Code }: { Code: string }) => Code)).toEqual([
      'PERMISSION_MISSING',
      'PERMISSION_MISSING',
    ]);
  });

  it('tells advice, which keeps nobody from an activation', async () => {
    const id = await api.created();
    const advice = ['The server allows 20 connections.'];
    examinedAs({ advice });
    const { json } = await api.call('GET', `profiles/${id}/test`);
    expect(json).toMatchObject({
      Passed: true,
      Findings: [{ Code: 'DESTINATION_ADVICE', Severity: 'Advice', Message: advice[0] }],
    });
    expect((await api.call('POST', `profiles/${id}/activate`)).status).toBe(200);
  });

  it('says of an intersect entity without change tracking that it is read whole', async () => {
    const { organization } = api.world();
    const { definition } = organization.table('parentchild');
    organization.define({ ...definition, changeTrackingEnabled: false });
    const { json } = await api.call('GET', `profiles/${await api.created()}/test`);
    expect(json).toMatchObject({ Passed: true, Findings: [{ Code: 'READ_WHOLE', Severity: 'Advice' }] });
  });
});

describe('an organization or a destination that does not answer', () => {
  it('is one finding beside the others for test and validate, and trouble that passes for activate', async () => {
    const id = await api.created();
    const world = api.world();
    world.database('sales').denied.add('CRTB');
    world.wrapSource = (source) => ({
      ...source,
      identity: () => Promise.reject(new FreshetError('SOURCE_UNAVAILABLE', { host: 'contoso', reason: 'no answer' })),
    });
    const { status, json } = await api.call('GET', `profiles/${id}/test`);
    expect([status, json.Findings.map(({ Code }: { Code: string }) => Code)]).toEqual([
      200,
      ['SOURCE_UNAVAILABLE', 'PERMISSION_MISSING'],
    ]);
    expect((await validate({ Name: 'another' })).text).toMatch(/SOURCE_UNAVAILABLE.*PERMISSION_MISSING/s);
    expect((await api.call('POST', `profiles/${id}/activate`)).status).toBe(503);
  });
});

describe('an organization in administration mode', () => {
  it('gets no profile activated', async () => {
    const id = await api.created();
    api.world().wrapSource = (source) => ({
      ...source,
      identity: () => Promise.reject(new FreshetError('SOURCE_ADMINISTRATION_MODE', { host: 'contoso' })),
    });
    const { status, text } = await api.call('POST', `profiles/${id}/activate`);
    expect(status).toBe(400);
    expect(text).toContain('SOURCE_ADMINISTRATION_MODE');
  });
});
