import { describe, expect, it } from 'vitest';
import { tokenRoles } from '../../../../shared/platform/identity/token-roles.ts';

const CANDIDATES = ['aaaa', 'bbbb', 'cccc'];
const administers = (claims: Record<string, unknown>) =>
  tokenRoles.administers({ id: 'user', tenantId: 'tenant', claims }, CANDIDATES);

describe('tokenRoles', () => {
  it('a System Administrator administers the organizations that the token lists', async () => {
    expect(await administers({ roles: ['SystemAdministrator'], organizations: ['BBBB', 'zzzz'] })).toEqual(['bbbb']);
    expect(await administers({ roles: ['SystemAdministrator'], organizations: [] })).toEqual([]);
  });

  it('a token that lists none stands for all', async () => {
    expect(await administers({ roles: ['Reader', 'SystemAdministrator'] })).toEqual(CANDIDATES);
  });

  it.each([
    {},
    { roles: [] },
    { roles: ['Reader'] },
    { roles: 'SystemAdministrator' },
    { roles: { 0: 'SystemAdministrator' } },
    { roles: ['systemadministrator'] },
    { roles: ['SystemAdministrator'], organizations: 'aaaa' },
    { roles: ['SystemAdministrator'], organizations: null },
    { organizations: ['aaaa'] },
  ])('%j administers nothing', async (claims) => expect(await administers(claims)).toEqual([]));
});
