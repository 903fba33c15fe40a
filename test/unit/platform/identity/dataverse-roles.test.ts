import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';
import { DataverseRoles } from '../../../../shared/platform/identity/dataverse-roles.ts';
import { MemoryLog } from '../../../../shared/platform/log/memory.ts';

const CALLER = { id: 'ab7501c2-0000-4000-8000-000000000003', tenantId: 'tenant', claims: {} };
const TEMPLATE = '627090ff-40a3-4053-8790-584edc5be201';
const ORGANIZATIONS = [
  { id: 'contoso', url: 'https://contoso.crm.dynamics.com' },
  { id: 'fabrikam', url: 'https://fabrikam.crm4.dynamics.com' },
];

type Answer = 'administrator' | 'by team' | 'nobody' | 'forbidden' | 'away';

/** Organizations that answer as told, by host. */
function organizations(answers: Record<string, Answer>) {
  const clock = new VirtualClock();
  const log = new MemoryLog();
  const requests: { url: URL; authorization: string | null }[] = [];
  const scopes: (string | string[])[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(String(input));
    requests.push({ url, authorization: new Headers(init?.headers).get('authorization') });
    const answer = answers[url.host.split('.')[0] ?? ''];
    if (answer === 'away') throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') });
    if (answer === 'forbidden') return new Response('', { status: 403 });
    const isFound = answer === (url.pathname.endsWith('/teams') ? 'by team' : 'administrator');
    return Response.json({ value: isFound ? [{}] : [] });
  };
  const credential = {
    getToken: async (scope: string | string[]) => {
      scopes.push(scope);
      return { token: 'own-token', expiresOnTimestamp: 0 };
    },
  };
  const roles = new DataverseRoles({ organizations: ORGANIZATIONS, credential, fetch, clock, log });
  return { roles, clock, log, requests, scopes, answers };
}

const BOTH = ['contoso', 'fabrikam'];

describe('DataverseRoles', () => {
  it('a System Administrator is one by own role or by a team, each organization for itself', async () => {
    const { roles } = organizations({ contoso: 'administrator', fabrikam: 'by team' });
    expect(await roles.administers(CALLER, BOTH)).toEqual(BOTH);
    const others = organizations({ contoso: 'nobody', fabrikam: 'by team' });
    expect(await others.roles.administers(CALLER, BOTH)).toEqual(['fabrikam']);
  });

  it('asks with Freshet’s own token for the enabled user of that object id and the role’s template', async () => {
    const { roles, requests, scopes } = organizations({ contoso: 'nobody' });
    await roles.administers(CALLER, ['contoso']);
    expect(scopes[0]).toBe('https://contoso.crm.dynamics.com/.default');
    expect(requests.map(({ url, authorization }) => [url.pathname, authorization])).toEqual([
      ['/api/data/v9.2/systemusers', 'Bearer own-token'],
      ['/api/data/v9.2/teams', 'Bearer own-token'],
    ]);
    expect(requests.map(({ url }) => url.searchParams.get('$filter'))).toEqual([
      `azureactivedirectoryobjectid eq ${CALLER.id} and isdisabled eq false and systemuserroles_association/any(r:r/_roletemplateid_value eq ${TEMPLATE})`,
      `teammembership_association/any(u:u/azureactivedirectoryobjectid eq ${CALLER.id} and u/isdisabled eq false) and teamroles_association/any(r:r/_roletemplateid_value eq ${TEMPLATE})`,
    ]);
  });

  it('asks only the organizations in question, and none that it does not know', async () => {
    const { roles, requests } = organizations({ contoso: 'administrator' });
    expect(await roles.administers(CALLER, ['contoso', 'unknown'])).toEqual(['contoso']);
    expect(new Set(requests.map(({ url }) => url.host))).toEqual(new Set(['contoso.crm.dynamics.com']));
    expect(await roles.administers(CALLER, [])).toEqual([]);
  });

  it('keeps a yes for five minutes, and a no for half a minute', async () => {
    const { roles, clock, answers, requests } = organizations({ contoso: 'administrator', fabrikam: 'nobody' });
    await roles.administers(CALLER, BOTH);
    Object.assign(answers, { contoso: 'nobody', fabrikam: 'administrator' });
    const asked = requests.length;
    await clock.advance(29_000);
    expect(await roles.administers(CALLER, BOTH)).toEqual(['contoso']);
    expect(requests.length).toBe(asked);
    await clock.advance(1_000);
    expect(await roles.administers(CALLER, BOTH)).toEqual(BOTH);
    await clock.advance(270_000);
    expect(await roles.administers(CALLER, BOTH)).toEqual(['fabrikam']);
  });

  it('one caller’s answer is not another’s', async () => {
    const { roles, answers } = organizations({ contoso: 'administrator' });
    await roles.administers(CALLER, ['contoso']);
    answers.contoso = 'nobody';
    const other = { ...CALLER, id: 'ab7501c2-0000-4000-8000-000000000004' };
    expect(await roles.administers(other, ['contoso'])).toEqual([]);
  });

  it.each(['away', 'forbidden'] as const)(
    'an organization that is %s is left out and logged, the others count',
    async (trouble) => {
      const { roles, log } = organizations({ contoso: trouble, fabrikam: 'administrator' });
      expect(await roles.administers(CALLER, BOTH)).toEqual(['fabrikam']);
      expect(log.named('roles unknown')).toMatchObject([{ level: 'warn', fields: { organization: 'contoso' } }]);
    },
  );

  it('where none answers nothing is known: IDENTITY_UNAVAILABLE, and asked again by the next call', async () => {
    const { roles, answers } = organizations({ contoso: 'away' });
    await expect(roles.administers(CALLER, ['contoso'])).rejects.toMatchObject({
      code: 'IDENTITY_UNAVAILABLE',
      values: { reason: 'getaddrinfo ENOTFOUND' },
    });
    answers.contoso = 'administrator';
    expect(await roles.administers(CALLER, ['contoso'])).toEqual(['contoso']);
  });

  it('a caller whose id is no GUID is nobody’s administrator, and becomes part of no request', async () => {
    const { roles, requests } = organizations({ contoso: 'administrator' });
    for (const id of ['', "x' or true", `${CALLER.id} or 1 eq 1`]) {
      expect(await roles.administers({ ...CALLER, id }, ['contoso'])).toEqual([]);
    }
    expect(requests).toEqual([]);
  });
});
