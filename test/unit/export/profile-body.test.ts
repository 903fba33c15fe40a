import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../shared/errors/error.ts';
import { readProfileBody } from '../../../shared/export/profiles/profile-body.ts';

const ORGANIZATION = '407b9c05-0e6b-45c2-bf2f-45891c1c0937';

/** As the real client sends it: with nulls (reference: data-export-api.md, section 3.3). */
const CLIENT_BODY = {
  Id: null,
  Version: null,
  State: null,
  OrganizationUrl: null,
  Name: 'SalesExport',
  OrganizationId: ORGANIZATION,
  Entities: [
    { Type: 'account', Settings: {}, Status: null, LogicalName: null, DisplayName: null },
    { Type: 'accountleads', Settings: {}, Status: null, LogicalName: null, DisplayName: null },
  ],
  DestinationType: 'sqlazure',
  DestinationKeyVaultUri: 'https://contoso.vault.azure.net:443/secrets/des-connection/f593bcd8f3b8461584935e0a3e7325dd',
  DestinationPrefix: '',
  RetryPolicy: { MaxRetryCount: 5, IntervalInSeconds: 5, Backoff: 'Simple' },
  WriteDeleteLog: true,
  DestinationSchemaName: 'dbo',
};

/** The smallest body that is accepted. */
const LEAST = {
  Name: 'a',
  OrganizationId: ORGANIZATION,
  Entities: [{ Type: 'account' }],
  DestinationKeyVaultUri: 'https://v/secrets/s',
};

function faults(body: unknown): string {
  try {
    readProfileBody(body);
    return '';
  } catch (error) {
    if (!(error instanceof FreshetError)) throw error;
    return error.message;
  }
}

describe('the body of a profile', () => {
  it('is read as the real client sends it', () => {
    expect(readProfileBody(CLIENT_BODY)).toEqual({
      name: 'SalesExport',
      organizationId: ORGANIZATION,
      entities: [
        { entity: 'account', settings: {} },
        { entity: 'accountleads', settings: {} },
      ],
      destinationType: 'sqlazure',
      keyVaultUri: CLIENT_BODY.DestinationKeyVaultUri,
      prefix: '',
      schema: 'dbo',
      retry: { maxCount: 5, intervalS: 5, backoff: 'Simple' },
      writeDeleteLog: true,
    });
  });

  it('has the defaults of the original', () => {
    expect(readProfileBody(LEAST)).toMatchObject({
      prefix: '',
      schema: 'dbo',
      retry: { maxCount: 12, intervalS: 5 },
      writeDeleteLog: false,
    });
    const nulls = {
      ...LEAST,
      DestinationPrefix: null,
      DestinationSchemaName: '',
      RetryPolicy: null,
      WriteDeleteLog: null,
    };
    expect(readProfileBody(nulls)).toEqual(readProfileBody(LEAST));
  });

  it('may have field names in any letter case, but keeps the names inside Settings', () => {
    const body = {
      NAME: 'a',
      organizationid: ORGANIZATION.toUpperCase(),
      entities: [{ type: 'Account', settings: { type: 1 } }],
      destinationKeyVaultURI: 'https://v/secrets/s',
      retrypolicy: { maxretrycount: 3 },
    };
    expect(readProfileBody(body)).toMatchObject({
      organizationId: ORGANIZATION,
      entities: [{ entity: 'account', settings: { type: 1 } }],
      retry: { maxCount: 3 },
    });
  });

  it('may have a name in any script', () => {
    expect(readProfileBody({ ...LEAST, Name: ' Vertrieb “Süd” 売上 👩‍💻 ' }).name).toBe('Vertrieb “Süd” 売上 👩‍💻');
  });

  it('keeps the vault URL exactly as given', () => {
    const uri = 'https://Contoso.vault.azure.net:443/secrets/Name/';
    expect(readProfileBody({ ...LEAST, DestinationKeyVaultUri: uri }).keyVaultUri).toBe(uri);
  });

  it.each([
    [{ ...LEAST, Name: '  ' }, 'Name: must not be empty'],
    [{ ...LEAST, OrganizationId: 'x' }, 'OrganizationId: '],
    [{ ...LEAST, Entities: [] }, 'Entities: at least one entity'],
    [{ ...LEAST, Entities: [{ Type: 'account' }, { Type: 'ACCOUNT' }] }, 'Entities: an entity is named twice'],
    [{ ...LEAST, Entities: [{ Type: 'account' }, { Type: 'a;drop table' }] }, 'Entities[1].Type: '],
    [{ ...LEAST, Entities: [{ Type: 'activitypointer' }] }, 'choose phonecall'],
    [{ ...LEAST, DestinationPrefix: 'with_underscore' }, 'DestinationPrefix: only letters and digits'],
    [{ ...LEAST, DestinationPrefix: 'a'.repeat(15) }, 'DestinationPrefix: at most 14'],
    [{ ...LEAST, DestinationSchemaName: 'a b' }, 'DestinationSchemaName: '],
    [{ ...LEAST, RetryPolicy: { MaxRetryCount: 21 } }, 'RetryPolicy.MaxRetryCount: at most 20'],
    [{ ...LEAST, RetryPolicy: { MaxRetryCount: 1.5 } }, 'RetryPolicy.MaxRetryCount: a whole number from 0 to 20'],
    [{ ...LEAST, RetryPolicy: { Backoff: {} } }, 'RetryPolicy.Backoff: must be a text or a number'],
    [{ ...LEAST, DestinationType: [] }, 'DestinationType: must be a text or a number'],
    [{ ...LEAST, Name: 'a\u0000b' }, 'Name: no control characters'],
    [{ ...LEAST, Name: 'a\ud800b' }, 'Name: no control characters'],
    [{ ...LEAST, Name: 'a\r\nb' }, 'Name: no control characters'],
    [{ ...LEAST, RetryPolicy: { IntervalInSeconds: 3601 } }, 'RetryPolicy.IntervalInSeconds: at most 3600'],
    [{ ...LEAST, RetryPolicy: { IntervalInSeconds: -1 } }, 'RetryPolicy.IntervalInSeconds: at least 0'],
    [{ ...LEAST, WriteDeleteLog: 'yes' }, 'WriteDeleteLog: '],
  ])('names the field and the rule that is broken (%#)', (body, text) => {
    expect(faults(body)).toContain(text);
  });

  it('says which field is missing, and which has the wrong type', () => {
    expect(faults({ ...LEAST, Name: undefined, DestinationKeyVaultUri: 7 })).toMatch(
      /Name: is missing.*DestinationKeyVaultUri: must be of type string/,
    );
  });

  it('names every wrong field at once', () => {
    const text = faults({ Name: '', Entities: [], RetryPolicy: { MaxRetryCount: -1 } });
    for (const field of ['Name', 'OrganizationId', 'Entities', 'DestinationKeyVaultUri', 'RetryPolicy.MaxRetryCount'])
      expect(text).toContain(field);
  });

  it.each([null, [], 'text', 7])('is refused when it is no object (%#)', (body) => {
    expect(faults(body)).toContain('not a JSON object');
  });

  it('never makes reading fail in another way', () => {
    fc.assert(fc.property(fc.jsonValue(), (body) => typeof faults(body) === 'string'));
  });
});
