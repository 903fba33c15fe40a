import { z } from 'zod';
import type { OrganizationIdentity } from '../port.ts';
import { load } from './answers.ts';
import type { WebApiClient } from './client.ts';
import { OTHER } from './errors.ts';

const id = z.guid().transform((text) => text.toLowerCase());

const organization = z.object({
  Detail: z.object({ OrganizationId: id, TenantId: id.nullish(), EnvironmentId: z.string().nullish() }),
});

const PATH = "RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')";

/** Who answers at the client's address. */
export async function loadIdentity(client: WebApiClient): Promise<OrganizationIdentity> {
  const { Detail: detail } = await load(client, { path: PATH, subject: OTHER }, organization);
  return {
    organizationId: detail.OrganizationId,
    tenantId: detail.TenantId ?? null,
    environmentId: detail.EnvironmentId ?? null,
  };
}
