import { describe, expect, it } from 'vitest';
import { LOOKUP_ENTITY } from '../../../../shared/dataverse/web-api/rows.ts';
import { WebApiSource } from '../../../../shared/dataverse/web-api/source.ts';
import { isFreshetError } from '../../../../shared/errors/error.ts';
import { attribute, entityMetadata } from '../entity.ts';
import { API, answering, json, refusal, TOKEN } from './answering.ts';

const ID = '60c4e274-0d87-e711-80e5-00155db19e6d';
const ENCODED = '919058%2108%2f22%2f2017%2008%3a21%3a20';
const account = entityMetadata('account', [
  attribute('name', 'StringType'),
  attribute('ownerid', 'OwnerType', { targets: ['systemuser', 'team'] }),
]);
const SELECT = 'accounts?$select=accountid,_ownerid_value,name';
const VERSION = 'Microsoft.Dynamics.CRM.globalmetadataversion';

function page(rest: object = {}): Response {
  return json({ value: [{ accountid: ID, name: 'Monte Orton' }], [`@${VERSION}`]: '7', ...rest });
}

const deltaLink = { '@odata.deltaLink': `${API}accounts?$select=accountid&$deltatoken=${ENCODED}` };

describe('a request', () => {
  it('for rows selects the columns, the annotations they need and the page size', async () => {
    const { options, sent } = answering(() => page());
    const result = await new WebApiSource(options).read(account, { kind: 'rows' }, 400);
    expect(sent[0]?.url).toBe(API + SELECT);
    expect(sent[0]?.headers.get('prefer')).toBe(
      `odata.maxpagesize=400,odata.include-annotations="${LOOKUP_ENTITY},${VERSION}"`,
    );
    expect(sent[0]?.headers.get('authorization')).toBe(`Bearer ${TOKEN}`);
    expect(result).toMatchObject({
      rows: [[ID, null, null, 'Monte Orton']],
      columns: ['accountid', 'ownerid', 'ownerid_entitytype', 'name'],
      next: null,
      token: null,
      metadataVersion: '7',
    });
    expect(result.bytes).toBeGreaterThan(50);
  });

  it('never asks for more rows than Dataverse gives', async () => {
    const { options, sent } = answering(() => page());
    await new WebApiSource(options).read(account, { kind: 'rows' }, 1e6);
    expect(sent[0]?.headers.get('prefer')).toContain('odata.maxpagesize=5000,');
  });

  it('for keys is tracked and asks for nothing else', async () => {
    const { options, sent } = answering(() => page(deltaLink));
    const result = await new WebApiSource(options).read(account, { kind: 'keys' }, 5000);
    expect(sent[0]?.url).toBe(`${API}accounts?$select=accountid`);
    expect(sent[0]?.headers.get('prefer')).toMatch(/^odata\.track-changes,/);
    expect(result).toMatchObject({ columns: ['accountid'], rows: [[ID]], token: ENCODED });
  });

  it('for keys by all columns selects what later reads of changes select', async () => {
    const { options, sent } = answering(() => page(deltaLink));
    const source = new WebApiSource(options);
    const keys = await source.read(account, { kind: 'keys', columns: 'all' }, 5000);
    expect(keys).toMatchObject({ columns: ['accountid'], rows: [[ID]], token: ENCODED });
    await source.read(account, { kind: 'changes', token: keys.token ?? '' }, 5000);
    expect(sent[1]?.url).toBe(`${sent[0]?.url}&$deltatoken=${ENCODED}`);
  });

  it('for changes gives the token back exactly as it came', async () => {
    const { options, sent } = answering(() => page(deltaLink));
    await new WebApiSource(options).read(account, { kind: 'changes', token: ENCODED }, 5000);
    expect(sent[0]?.url).toBe(`${API}${SELECT}&$deltatoken=${ENCODED}`);
    expect(sent[0]?.headers.get('prefer')).not.toContain('track-changes');
  });

  it('leaves out a list of columns that no server takes', async () => {
    const { options, sent } = answering(() => page(deltaLink));
    const names = Array.from({ length: 900 }, (_, index) => attribute(`new_attribute${index}`, 'StringType'));
    const wide = entityMetadata('account', names);
    await new WebApiSource(options).read(wide, { kind: 'changes', token: ENCODED }, 200);
    expect(sent[0]?.url).toBe(`${API}accounts?$deltatoken=${ENCODED}`);
  });
});

describe('a next link', () => {
  const link = `${API}accounts?$select=name&$skiptoken=%3Ccookie%20pagingcookie=%22%253ccookie%2520page%253d%25221%22%20/%3E`;

  it('is followed exactly as it came, with the columns it selects', async () => {
    const { options, sent } = answering(() => page());
    const result = await new WebApiSource(options).read(account, { kind: 'next', link }, 300);
    expect(sent[0]?.url).toBe(link);
    expect(sent[0]?.headers.get('prefer')).toContain('odata.maxpagesize=300');
    expect(result.columns).toEqual(['accountid', 'name']);
  });

  it('of a read of keys goes on with keys', async () => {
    const { options } = answering(() => page());
    const keys = `${API}accounts?$select=accountid&$skiptoken=x`;
    const result = await new WebApiSource(options).read(account, { kind: 'next', link: keys }, 300);
    expect(result).toMatchObject({ columns: ['accountid'], rows: [[ID]], token: null });
  });

  it.each([
    'https://evil.example/api/data/v9.2/accounts?$select=name',
    'https://contoso.crm.dynamics.com.evil.example/api/data/v9.2/accounts',
    'http://contoso.crm.dynamics.com/api/data/v9.2/accounts',
    'https://contoso.crm.dynamics.com:8443/api/data/v9.2/accounts',
    'https://user@contoso.crm.dynamics.com/api/data/v9.2/accounts',
    '//evil.example/api/data/v9.2/accounts',
    'https://contoso.crm.dynamics.com/other',
    'https://',
  ])('to another place is not followed: %s', async (elsewhere) => {
    const { options, sent } = answering(() => page());
    const read = new WebApiSource(options).read(account, { kind: 'next', link: elsewhere }, 300);
    await expect(read).rejects.toMatchObject({ code: 'SOURCE_ANSWER_UNREADABLE' });
    expect(sent).toEqual([]);
  });
});

describe('rows by id', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => `60c4e274-0d87-e711-80e5-${String(index).padStart(12, '0')}`);
  const asked = (url: string) => JSON.parse(/PropertyValues=(\[[^\]]*\])/.exec(decodeURIComponent(url))?.[1] ?? '[]');

  it('are asked each once, some hundreds at a time, in addresses that servers take', async () => {
    const { options, sent } = answering(({ url }) =>
      json({ value: asked(url).map((accountid: string) => ({ accountid })) }),
    );
    const { rows } = await new WebApiSource(options).readByIds(account, [...ids, ...ids]);
    expect(rows.map(([id]) => id)).toEqual(ids);
    expect(sent.length).toBeLessThan(6);
    for (const { url } of sent) expect(url.length).toBeLessThan(15_000);
    expect(decodeURIComponent(sent[0]?.url ?? '')).toContain(
      `${SELECT}&$filter=Microsoft.Dynamics.CRM.In(PropertyName='accountid',PropertyValues=["${ids[0]}",`,
    );
  });

  it('are followed over several pages', async () => {
    const { options } = answering(({ url }) =>
      url.includes('skiptoken') ? page() : page({ '@odata.nextLink': `${API}accounts?$select=name&$skiptoken=2` }),
    );
    expect((await new WebApiSource(options).readByIds(account, ids.slice(0, 2))).rows.length).toBe(2);
  });

  it('that are none ask nothing', async () => {
    const { options, sent } = answering(() => page());
    expect(await new WebApiSource(options).readByIds(account, [])).toEqual({ rows: [], metadataVersion: null });
    expect(sent).toEqual([]);
  });
});

describe('an organization that', () => {
  const read = (source: WebApiSource) => source.read(account, { kind: 'keys' }, 5000);

  it('does not track changes is not taken for one without changes', async () => {
    const { options } = answering(() => page());
    await expect(read(new WebApiSource(options))).rejects.toMatchObject({ code: 'SOURCE_ANSWER_UNREADABLE' });
  });

  it('answers something else than JSON is told apart without quoting it', async () => {
    const { options } = answering(() => json('<html>Monte Orton</html>'));
    const error = await read(new WebApiSource(options)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SOURCE_ANSWER_UNREADABLE', cause: undefined });
    expect(String(error)).not.toContain('Monte');
  });

  it('holds a value of another form is told apart without quoting it', async () => {
    const { options } = answering(() => json({ value: [{ accountid: ID, name: { Monte: 'Orton' } }] }));
    const error = await new WebApiSource(options).read(account, { kind: 'rows' }, 1).catch((reason: unknown) => reason);
    expect(String(error)).toContain('column name holds a value of type object');
  });

  it('does not answer within a minute is unavailable', async () => {
    const { options, clock, sent } = answering(
      (_, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const outcome = read(new WebApiSource(options)).catch((reason: unknown) => reason);
    await clock.advance(59_000);
    expect(sent.length).toBe(1);
    await clock.advance(1_000);
    expect(await outcome).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(clock.pending).toBe(0);
  });

  it('resets the connection is unavailable, with the reason and without the token', async () => {
    const { options } = answering(() => {
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
      });
    });
    const error = await read(new WebApiSource(options)).catch((reason: unknown) => reason);
    expect(isFreshetError(error, 'SOURCE_UNAVAILABLE')).toBe(true);
    expect(String(error)).toContain('ECONNRESET');
    expect(String(error)).not.toContain(TOKEN);
  });

  it('cannot be asked for want of a token is unavailable', async () => {
    const { options, sent } = answering(() => page());
    const credential = { getToken: () => Promise.reject(new Error('identity endpoint down')) };
    const source = new WebApiSource({ ...options, credential });
    await expect(read(source)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(sent).toEqual([]);
  });

  it('throttles says how long', async () => {
    const { options } = answering(() => refusal(429, '0x80072322', '', { 'Retry-After': '17' }));
    await expect(read(new WebApiSource(options))).rejects.toMatchObject({
      code: 'SOURCE_THROTTLED',
      values: { retryAfterMs: 17_000 },
    });
  });
});

describe('the identity', () => {
  it('is read from the organization itself', async () => {
    const { options, sent } = answering(() =>
      json({
        Detail: {
          OrganizationId: ID.toUpperCase(),
          TenantId: ID,
          EnvironmentId: 'e1',
          FriendlyName: 'Contoso',
          Geo: 'EMEA',
          Endpoints: { Keys: ['WebApplication'], Values: ['https://contoso.crm4.dynamics.com/'] },
        },
      }),
    );
    expect(await new WebApiSource(options).identity()).toEqual({
      organizationId: ID,
      tenantId: ID,
      environmentId: 'e1',
      name: 'Contoso',
      url: 'https://contoso.crm4.dynamics.com/',
      region: 'EMEA',
    });
    expect(decodeURIComponent(sent[0]?.url ?? '')).toContain('RetrieveCurrentOrganization(AccessType=');
  });

  it('that is missing makes the answer unreadable, by the path of what is missing', async () => {
    const { options } = answering(() => json({ Detail: {} }));
    await expect(new WebApiSource(options).identity()).rejects.toThrow('Detail.OrganizationId');
  });
});
