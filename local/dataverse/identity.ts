import { idFromName } from './model/name-id.ts';
import type { OrganizationIdentity } from './model/organization-types.ts';

/** What `--organization` says; all of it may be left out. */
export interface OrganizationOption {
  readonly id?: string | undefined;
  readonly url?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly name?: string | undefined;
}

/** A complete identity; what is not given follows from the id, so it is the same after each start. */
export function identityOf(option: OrganizationOption, port: number): OrganizationIdentity {
  const organizationId = (option.id ?? idFromName('organization')).toLowerCase();
  const id = (name: string) => idFromName(`${name} of ${organizationId}`);
  return {
    organizationId,
    environmentId: id('environment'),
    tenantId: (option.tenantId ?? idFromName('tenant')).toLowerCase(),
    url: (option.url ?? `http://127.0.0.1:${port}`).replace(/\/+$/, ''),
    uniqueName: option.name ?? 'contoso',
    geo: 'EMEA',
    callerId: id('application user'),
    businessUnitId: id('business unit'),
    currencyId: id('currency'),
  };
}
