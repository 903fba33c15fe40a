import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, startClient } from '../running.ts';

describe('change tracking over HTTP', () => {
  let client: Client;
  beforeAll(async () => {
    client = await startClient();
    for (let at = 0; at < 7; at++) client.organization.create('account', { name: `row ${at}` });
  });
  afterAll(() => client.stop());

  const tracked = (size: number) => ({ Prefer: `odata.track-changes,odata.maxpagesize=${size}` });

  /** Follows the links as they are given. */
  async function readAll(target: string, size: number) {
    const value: Record<string, string>[] = [];
    let pages = 0;
    for (let next: string | undefined = target; ; ) {
      const { body, headers } = await client.get(next, tracked(size));
      pages++;
      value.push(...body.value);
      expect(headers.get('preference-applied')).toContain('odata.track-changes');
      next = body['@odata.nextLink'];
      if (!next)
        return {
          value,
          pages,
          deltaLink: body['@odata.deltaLink'] as string,
          context: body['@odata.context'] as string,
        };
    }
  }

  it('gives all rows page by page, then exactly what changed', async () => {
    const first = await readAll('accounts?$select=name', 3);
    expect([first.pages, first.value.length]).toEqual([3, 7]);
    expect(first.deltaLink).toMatch(/\$deltatoken=\d+%21\d\d%2f\d\d%2f\d{4}%20\d\d%3a\d\d%3a\d\d$/);
    const ids = first.value.map(({ accountid }) => accountid as string);
    client.organization.update('account', ids[2] as string, { name: 'changed' });
    client.organization.delete('account', ids[0] as string);
    const token = /deltatoken=(.*)$/.exec(first.deltaLink)?.[1];
    expect((await client.get(`accounts/$count?$deltatoken=${token}`)).body).toBe('2');
    const delta = await readAll(first.deltaLink, 5000);
    expect(delta.context).toMatch(/#accounts\(name\)\/\$delta$/);
    expect(delta.value[0]).toMatchObject({ accountid: ids[2], name: 'changed' });
    expect(delta.value[1]).toEqual({
      '@odata.context': `${client.url}/api/data/v9.2/$metadata#accounts/$deletedEntity`,
      id: ids[0],
      reason: 'deleted',
    });
    expect((await readAll(delta.deltaLink, 5000)).value).toEqual([]);
  });

  it.each(['filter=name eq null', 'orderby=name', 'expand=primarycontactid', 'top=1'])(
    'refuses $%s',
    async (option) => {
      const { status, body } = await client.get(`accounts?$${option}`, tracked(10));
      expect(status).toBe(400);
      const name = option.split('=')[0];
      expect(body.error.message).toBe(`The "${name}" query parameter isn't supported when Change Tracking is enabled.`);
    },
  );

  it('refuses expired tokens, and links that were rebuilt', async () => {
    const { deltaLink } = await readAll('accounts?$select=name', 5000);
    await client.control('expireTokens', { entity: 'account' });
    const refused = await client.get(deltaLink);
    expect(refused.body.error.code).toBe('0x80044352');
    const { body } = await client.get('accounts?$select=name', tracked(2));
    const rebuilt = decodeURIComponent(body['@odata.nextLink'] as string);
    expect((await client.get(rebuilt)).body.error?.code).toBe('0x80040203');
  });

  it('bumps the metadata version with every change of any definition', async () => {
    const version = async () =>
      (await client.get('accounts?$top=1', { Prefer: 'odata.include-annotations="*"' })).body[
        '@Microsoft.Dynamics.CRM.globalmetadataversion'
      ];
    const before = await version();
    await client.control('widenAttribute', { entity: 'contact', attribute: 'jobtitle', maxLength: 300 });
    expect(Number(await version())).toBeGreaterThan(Number(before));
  });
});
