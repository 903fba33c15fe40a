import { z } from 'zod';
import type { OrganizationIdentity } from '../model.ts';
import { load } from './answers.ts';
import type { WebApiClient } from './client.ts';
import { OTHER } from './errors.ts';

const id = z.guid().transform((text) => text.toLowerCase());

/** A dictionary as the Web API writes it: keys and values in two lists. */
const endpoints = z.object({ Keys: z.array(z.string()), Values: z.array(z.string()) });

const organization = z.object({
  Detail: z.object({
    OrganizationId: id,
    TenantId: id.nullish(),
    EnvironmentId: z.string().nullish(),
    FriendlyName: z.string().nullish(),
    Geo: z.string().nullish(),
    Endpoints: endpoints.nullish(),
  }),
});

const PATH = "RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')";

/** Who answers at the client's address. */
export async function loadIdentity(client: WebApiClient): Promise<OrganizationIdentity> {
  const { Detail: detail } = await load(client, { path: PATH, subject: OTHER }, organization);
  return {
    organizationId: detail.OrganizationId,
    tenantId: detail.TenantId ?? null,
    environmentId: detail.EnvironmentId ?? null,
    name: detail.FriendlyName ?? null,
    url: webAddress(detail.Endpoints),
    region: detail.Geo ?? null,
  };
}

function webAddress(given: z.infer<typeof endpoints> | null | undefined): string | null {
  return given?.Values[given.Keys.indexOf('WebApplication')] ?? null;
}
