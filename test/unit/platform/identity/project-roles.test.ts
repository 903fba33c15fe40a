import { describe, expect, it } from 'vitest';
import { tokenProjectRoles } from '../../../../shared/platform/identity/token-roles.ts';

const roleOf = (claims: Record<string, unknown>, project = 112233) =>
  tokenProjectRoles.roleIn({ id: 'somebody', tenantId: 'tenant', claims }, project);

describe('the role of a caller in a project', () => {
  it('is the highest that the token lists', () => {
    expect(roleOf({ roles: ['Reader', 'ProjectOwner', 'EnvironmentManager'] })).toBe('ProjectOwner');
    expect(roleOf({ roles: ['Reader', 'EnvironmentManager'] })).toBe('EnvironmentManager');
    expect(roleOf({ roles: ['Reader'] })).toBe('Reader');
  });

  it('is none when the token lists none, or lists it as something else than a list', () => {
    expect(roleOf({})).toBeNull();
    expect(roleOf({ roles: ['SystemAdministrator'] })).toBeNull();
    expect(roleOf({ roles: 'ProjectOwner' })).toBeNull();
  });

  it('holds for the projects that the token names, as numbers or texts, and for all when it names none', () => {
    const roles = ['ProjectOwner'];
    expect(roleOf({ roles, projects: ['112233'] })).toBe('ProjectOwner');
    expect(roleOf({ roles, projects: [112233] })).toBe('ProjectOwner');
    expect(roleOf({ roles, projects: ['1'] })).toBeNull();
    expect(roleOf({ roles, projects: [] })).toBeNull();
    expect(roleOf({ roles, projects: 112233 })).toBeNull();
  });
});
