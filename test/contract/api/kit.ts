import { afterEach, beforeEach } from 'vitest';
import { readDefinition } from '../../../local/dataverse/model/read-definition.ts';
import { type Answer, ApiUnderTest, type CallOptions } from '../../support/api.ts';
import { ORGANIZATION_ID, TENANT_ID } from '../../support/world.ts';

export const SECRET = 'https://contoso.vault.azure.net:443/secrets/des-connection/f593bcd8f3b8461584935e0a3e7325dd';
export const SECOND = 1_000;

/** As the real client sends it on create and on validate: with nulls (reference: data-export-api.md, section 3.3). */
export const CLIENT_BODY = {
  Id: null,
  Version: null,
  State: null,
  OrganizationUrl: null,
  Name: 'SalesExport',
  OrganizationId: ORGANIZATION_ID,
  Entities: [
    { Type: 'parent', Settings: {}, Status: null, LogicalName: null, DisplayName: null },
    { Type: 'child', Settings: {}, Status: null, LogicalName: null, DisplayName: null },
    { Type: 'parentchild', Settings: {}, Status: null, LogicalName: null, DisplayName: null },
  ],
  DestinationType: 'sqlazure',
  DestinationKeyVaultUri: SECRET,
  DestinationPrefix: '',
  RetryPolicy: { MaxRetryCount: 5, IntervalInSeconds: 5, Backoff: 'Simple' },
  WriteDeleteLog: true,
  DestinationSchemaName: 'dbo',
};

export const entitiesOf = (...names: string[]) => names.map((Type) => ({ Type }));

/** An API for each test, with the secret of one database (`sales`) in the vault, and two entities that are not tracked. */
export function useApi() {
  let api: ApiUnderTest;
  beforeEach(async () => {
    api = new ApiUnderTest();
    await api.start();
    api.world.secrets.set(SECRET, { value: 'sales', tags: { [ORGANIZATION_ID]: TENANT_ID } });
    api.world.organization.define(readDefinition(untracked('Untracked')));
  });
  afterEach(() => api.stop());
  const call = (method: string, path: string, options?: CallOptions): Promise<Answer> =>
    api.call(method, path, options);
  return {
    world: () => api.world,
    origin: () => api.origin,
    call,
    async created(more: object = {}): Promise<string> {
      const { json } = await call('POST', 'profiles', { body: { ...CLIENT_BODY, ...more } });
      return json.Id;
    },
    /** Activated, and let run until all is copied. */
    async active(more: object = {}): Promise<string> {
      const { json } = await call('POST', 'profiles', { body: { ...CLIENT_BODY, ...more } });
      const { status, text } = await call('POST', `profiles/${json.Id}/activate`, { body: '' });
      if (status !== 200) throw new Error(text);
      await api.world.run(10 * SECOND);
      return json.Id;
    },
    async profile(id: string) {
      return (await call('GET', `profiles/${id}?status=true`)).json;
    },
  };
}

function untracked(SchemaName: string) {
  const name = SchemaName.toLowerCase();
  return {
    LogicalName: name,
    SchemaName,
    EntitySetName: `${name}s`,
    PrimaryIdAttribute: `${name}id`,
    OwnershipType: 'None',
    ChangeTrackingEnabled: false,
    Attributes: [
      { LogicalName: `${name}id`, SchemaName: `${SchemaName}Id`, AttributeTypeName: 'UniqueidentifierType' },
      { LogicalName: 'versionnumber', SchemaName: 'VersionNumber', AttributeTypeName: 'BigIntType' },
    ],
  };
}
