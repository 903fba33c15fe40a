import type { EnvironmentAdministrator, EnvironmentSettings } from '../control/environment.ts';

/**
 * The account that a refresh makes the user `Admin`: the value of the target's web.config, where somebody told it; it should be
 * the same as the environment administrator (reference: refresh-database.md, "Environment administrator").
 */
export function comingAdministrator({
  administrator,
  webConfigAdministrator,
}: Pick<EnvironmentSettings, 'administrator' | 'webConfigAdministrator'>): EnvironmentAdministrator {
  return webConfigAdministrator ?? administrator;
}

/** The tenant of an environment follows its administrator (the same chapter). */
export function tenantOf(settings: Pick<EnvironmentSettings, 'administrator' | 'webConfigAdministrator'>): string {
  return comingAdministrator(settings).tenantId;
}
