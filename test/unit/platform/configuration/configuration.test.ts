import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { storageConnectionString } from '../../../../local/azurite/connection.ts';
import { connectionString } from '../../../../local/service-bus/keys.ts';
import { isFreshetError } from '../../../../shared/errors/error.ts';
import { readConfiguration, SETTINGS } from '../../../../shared/platform/configuration/configuration.ts';

const SAMPLE: Record<string, string> = JSON.parse(
  readFileSync(new URL('../../../../local.settings.sample.json', import.meta.url), 'utf8'),
).Values;

/** Settings that the Functions host reads, and we do not. */
const OF_THE_HOST = ['FUNCTIONS_WORKER_RUNTIME'];

const ORGANIZATION = {
  id: '7C2F1F0E-5D1C-4A57-9D6B-0D2F5A3F9A01',
  url: 'https://contoso.crm.dynamics.com/',
  tenantId: '0b8d6c5e-2f61-4a0e-8a6c-3a1c9f6d7e02',
};

const MINIMAL = {
  FRESHET_CONTROL_DATABASE: 'postgresql://freshet:hunter2@db.example/control',
  AzureWebJobsStorage: 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hunter2',
  ServiceBusConnection: 'Endpoint=sb://n.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=hunter2',
  FRESHET_ORGANIZATIONS: JSON.stringify([ORGANIZATION]),
  FRESHET_ISSUER: 'https://login.microsoftonline.com/0b8d6c5e-2f61-4a0e-8a6c-3a1c9f6d7e02/v2.0',
  FRESHET_AUDIENCE: 'api://freshet, 5f0c2a1e-0000-4000-8000-000000000009',
};

function faultsOf(environment: Record<string, string | undefined>): { name: string; reason: string } {
  try {
    readConfiguration(environment);
  } catch (error) {
    if (isFreshetError(error, 'SETTING_INVALID')) return error.values as { name: string; reason: string };
    throw error;
  }
  return { name: '', reason: '' };
}

describe('local.settings.sample.json', () => {
  it('lists every setting, and none that is not one', () => {
    const listed = Object.keys(SAMPLE).filter((name) => !OF_THE_HOST.includes(name));
    expect(listed).toEqual(Object.keys(SETTINGS.shape));
  });

  it('can be used as it is, and says what the defaults say', () => {
    const { FRESHET_VAULT_HOSTS: _1, FRESHET_TOKEN_ENDPOINT: _2, FRESHET_ROLES: _3, ...others } = SAMPLE;
    const isOptional = (name: string) => faultsOf({ ...SAMPLE, [name]: undefined }).name === '';
    const needed = Object.fromEntries(Object.entries(others).filter(([name]) => !isOptional(name)));
    expect(Object.keys(needed)).toHaveLength(6);
    expect(readConfiguration(needed)).toEqual(readConfiguration(others));
    expect(readConfiguration(SAMPLE)).toMatchObject({
      vaultHosts: ['127.0.0.1:7083'],
      tokenEndpoint: 'http://127.0.0.1:7088/token',
      roles: 'token',
    });
  });

  it('connects to the local parts at their usual ports', () => {
    expect(SAMPLE.AzureWebJobsStorage).toBe(storageConnectionString(7085));
    expect(SAMPLE.ServiceBusConnection).toBe(connectionString(7082));
  });
});

describe('readConfiguration', () => {
  it('reads what is given, and fills in the rest', () => {
    const configuration = readConfiguration(MINIMAL);
    expect(configuration).toMatchObject({
      organizations: [{ ...ORGANIZATION, id: ORGANIZATION.id.toLowerCase(), url: 'https://contoso.crm.dynamics.com' }],
      vaultHosts: [],
      dataKeys: [],
      issuer: MINIMAL.FRESHET_ISSUER,
      audiences: ['api://freshet', '5f0c2a1e-0000-4000-8000-000000000009'],
      tokenEndpoint: null,
      roles: 'dataverse',
      retentionDays: 7,
      sweepRequestsPerDay: 20_000,
      refreshIntervalMs: 24 * 3_600_000,
      reconcileIntervalMs: 168 * 3_600_000,
      wholeReadIntervalMs: 15 * 60_000,
      probeIntervalMs: 60_000,
      memoryBudgetBytes: 256 * 1024 * 1024,
      logLevel: 'info',
      logFormat: 'json',
    });
    expect(configuration.controlDatabase.reveal()).toBe(MINIMAL.FRESHET_CONTROL_DATABASE);
  });

  it('takes no hours between refreshes or reconciliations for never', () => {
    expect(readConfiguration({ ...MINIMAL, FRESHET_REFRESH_HOURS: '0' }).refreshIntervalMs).toBeNull();
    expect(readConfiguration({ ...MINIMAL, FRESHET_RECONCILE_HOURS: '0' }).reconcileIntervalMs).toBeNull();
  });

  it('takes addresses with Freshet’s own identity instead of keys', () => {
    const { AzureWebJobsStorage: _1, ServiceBusConnection: _2, ...rest } = MINIMAL;
    const configuration = readConfiguration({
      ...rest,
      AzureWebJobsStorage__blobServiceUri: 'https://contoso.blob.core.windows.net',
      ServiceBusConnection__fullyQualifiedNamespace: 'contoso.servicebus.windows.net',
      FRESHET_NOTIFICATIONS_CONNECTION: 'Endpoint=sb://contoso.servicebus.windows.net/;hunter2',
    });
    expect(configuration.storage).toEqual({ accountUrl: 'https://contoso.blob.core.windows.net' });
    expect(configuration.serviceBus).toEqual({ host: 'contoso.servicebus.windows.net' });
  });

  it('lets Dataverse send with Freshet’s own connection unless it is given another', () => {
    const connectionIn = (environment: object) =>
      readConfiguration({ ...MINIMAL, ...environment }).notificationsConnection.reveal();
    expect(connectionIn({})).toBe(MINIMAL.ServiceBusConnection);
    expect(connectionIn({ FRESHET_NOTIFICATIONS_CONNECTION: 'another' })).toBe('another');
  });

  it('is frozen, all the way down', () => {
    const { organizations } = readConfiguration(MINIMAL);
    expect(Object.isFrozen(organizations) && Object.isFrozen(organizations[0])).toBe(true);
  });

  it('prints no secret, however it is printed', () => {
    const configuration = readConfiguration(MINIMAL);
    const printed = [
      inspect(configuration, { depth: 9, showHidden: true }),
      JSON.stringify(configuration),
      `${configuration.controlDatabase}`,
      String(Object.values(configuration.storage)),
      inspect(Object.entries(configuration.serviceBus)),
    ];
    for (const text of printed) expect(text).not.toContain('hunter2');
    expect(printed[1]).toContain('"controlDatabase":"***"');
  });

  it('names every setting that is missing, at once', () => {
    const { name } = faultsOf({});
    expect(name.split(', ')).toEqual([
      'FRESHET_CONTROL_DATABASE',
      'FRESHET_NOTIFICATIONS_CONNECTION',
      'FRESHET_ORGANIZATIONS',
      'FRESHET_ISSUER',
      'FRESHET_AUDIENCE',
      'AzureWebJobsStorage',
      'ServiceBusConnection',
    ]);
  });

  it('an emptied setting is a missing one', () => {
    expect(faultsOf({ ...MINIMAL, FRESHET_ISSUER: ' ' })).toEqual({ name: 'FRESHET_ISSUER', reason: 'it is missing' });
    expect(readConfiguration({ ...MINIMAL, FRESHET_RETENTION_DAYS: '' }).retentionDays).toBe(7);
  });

  it('says of several faults which is whose', () => {
    const { name, reason } = faultsOf({ ...MINIMAL, FRESHET_RETENTION_DAYS: '0', FRESHET_LOG_LEVEL: 'loud' });
    expect(name).toBe('FRESHET_RETENTION_DAYS, FRESHET_LOG_LEVEL');
    expect(reason).toBe(
      'FRESHET_RETENTION_DAYS: it is not a whole number from 1 to 365; FRESHET_LOG_LEVEL: it is none of debug, info, warn, error',
    );
  });

  it.each([
    ['FRESHET_CONTROL_DATABASE', 'hunter2'],
    ['FRESHET_CONTROL_DATABASE', 'postgres://freshet:hunter2@db.example'],
    ['AzureWebJobsStorage__blobServiceUri', 'http://contoso.blob.core.windows.net'],
    ['ServiceBusConnection__fullyQualifiedNamespace', 'sb://hunter2'],
    ['FRESHET_ORGANIZATIONS', 'hunter2'],
    ['FRESHET_ORGANIZATIONS', 'null'],
    ['FRESHET_ORGANIZATIONS', '{}'],
    ['FRESHET_ORGANIZATIONS', '[]'],
    ['FRESHET_ORGANIZATIONS', '[1]'],
    ['FRESHET_ORGANIZATIONS', JSON.stringify([{ ...ORGANIZATION, id: 'hunter2' }])],
    ['FRESHET_ORGANIZATIONS', JSON.stringify([{ ...ORGANIZATION, url: 'http://contoso.crm.dynamics.com' }])],
    ['FRESHET_ORGANIZATIONS', JSON.stringify([{ ...ORGANIZATION, url: 'https://contoso.crm.dynamics.com/api' }])],
    ['FRESHET_ORGANIZATIONS', JSON.stringify([ORGANIZATION, { ...ORGANIZATION, url: 'https://b.example' }])],
    ['FRESHET_ORGANIZATIONS', JSON.stringify([ORGANIZATION, { ...ORGANIZATION, id: ORGANIZATION.tenantId }])],
    ['FRESHET_VAULT_HOSTS', '127.0.0.1'],
    ['FRESHET_VAULT_HOSTS', 'https://127.0.0.1:7083'],
    ['FRESHET_VAULT_HOSTS', '127.0.0.1:7083,vault:70000'],
    ['FRESHET_ISSUER', 'login.microsoftonline.com'],
    ['FRESHET_ISSUER', 'http://issuer.example'],
    ['FRESHET_ISSUER', 'https://user:hunter2@issuer.example'],
    ['FRESHET_AUDIENCE', ' , '],
    ['FRESHET_AUDIENCE', 'a"b'],
    ['FRESHET_TOKEN_ENDPOINT', 'file:///etc/passwd'],
    ['FRESHET_ROLES', 'everybody'],
    ['FRESHET_RETENTION_DAYS', '7.5'],
    ['FRESHET_RETENTION_DAYS', '1e1'],
    ['FRESHET_SWEEP_REQUESTS_PER_DAY', '-1'],
    ['FRESHET_PROBE_INTERVAL_S', '99999'],
    ['FRESHET_REFRESH_HOURS', 'never'],
    ['FRESHET_RECONCILE_HOURS', '-1'],
    ['FRESHET_WHOLE_READ_MINUTES', '0'],
    ['FRESHET_MEMORY_BUDGET_MB', '1'],
    ['FRESHET_LOG_FORMAT', 'xml'],
  ])('refuses %s = %s without repeating it', (name, value) => {
    const faults = faultsOf({ ...MINIMAL, [name]: value });
    expect(faults.name).toBe(name);
    expect(faults.reason).toMatch(/(?:^|: )(?:it|an id|a url) /);
    expect(faults.reason).not.toContain('hunter2');
  });

  it('says in which organization a fault is', () => {
    const second = { id: ORGANIZATION.tenantId, url: 'https://fabrikam.crm4.dynamics.com', tenantId: 'x' };
    const organizations = JSON.stringify([ORGANIZATION, second]);
    expect(faultsOf({ ...MINIMAL, FRESHET_ORGANIZATIONS: organizations }).reason).toBe(
      'entry 2, tenantId: it is not a GUID',
    );
  });

  it('lets the token’s own lists decide where Freshet’s tokens come from an endpoint, unless told otherwise', () => {
    const local = { ...MINIMAL, FRESHET_TOKEN_ENDPOINT: 'http://127.0.0.1:7088/token' };
    expect(readConfiguration(local).roles).toBe('token');
    expect(readConfiguration({ ...local, FRESHET_ROLES: 'dataverse' }).roles).toBe('dataverse');
  });
});
