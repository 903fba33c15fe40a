import type { Caller, ProjectRoles, Roles } from './port.ts';

/**
 * Roles as the verified token lists them: claim `roles` with SystemAdministrator, and claim `organizations` with the ids
 * it holds for; without that claim it holds for all.
 */
export const tokenRoles: Roles = {
  async administers({ claims }: Caller, candidates: readonly string[]): Promise<string[]> {
    if (!textsOf(claims.roles).includes('SystemAdministrator')) return [];
    if (claims.organizations === undefined) return [...candidates];
    const listed = textsOf(claims.organizations).map((id) => id.toLowerCase());
    return candidates.filter((id) => listed.includes(id.toLowerCase()));
  },
};

/**
 * Roles in projects: claim `roles`, which Entra ID fills with the app roles of the caller, and claim `projects` with the ids
 * of the projects that they hold for; without that claim they hold for all.
 */
export const tokenProjectRoles: ProjectRoles = {
  roleIn({ claims }, projectId) {
    if (claims.projects !== undefined && !idsOf(claims.projects).includes(String(projectId))) return null;
    const roles = textsOf(claims.roles);
    return (['ProjectOwner', 'EnvironmentManager', 'Reader'] as const).find((role) => roles.includes(role)) ?? null;
  },
};

/** A project's id is a number that some write as text. */
function idsOf(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.map(String) : [];
}

/** The texts of a claim that is a list; anything else lists nothing. */
function textsOf(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.filter((item) => typeof item === 'string') : [];
}
