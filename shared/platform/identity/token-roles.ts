import type { Caller, Roles } from './port.ts';

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

/** The texts of a claim that is a list; anything else lists nothing. */
function textsOf(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.filter((item) => typeof item === 'string') : [];
}
