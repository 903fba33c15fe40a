import { z } from 'zod';
import {
  administeredOrganization,
  exportableEntities,
  exportableRelationships,
  organizationJson,
} from '../../shared/export/organizations.ts';
import type { Organization } from '../../shared/export/ports.ts';
import { type Call, type Endpoint, isTrue } from './endpoint.ts';
import { entityRow, organization, relationshipRow } from './shapes.ts';

const METADATA = 'crm/exporter/metadata';
const ORGANIZATION = {
  organizationUrl: 'The address of the organization; not needed when the caller administers one alone.',
  organizationId: 'Its id, instead or besides.',
};

/** Discovery: which organizations there are, and what of them can be exported. */
export const METADATA_ENDPOINTS: readonly Endpoint[] = [
  {
    name: 'Metadata_GetOrganizations',
    method: 'GET',
    route: `${METADATA}/organizations`,
    summary: 'The organizations that the caller administers.',
    answer: z.array(organization),
    handler: (call) => {
      const { ports } = call.app;
      const own = call.administered.flatMap((id) => ports.organizations.get(id) ?? []);
      return Promise.all(own.map((one) => organizationJson(ports, one, originOf(call))));
    },
  },
  ...(
    [
      ['Metadata_GetOrgDetails', 'discover', 'One organization.'],
      ['Metadata_GetConnectorDetails', 'connector', 'Where the profiles of an organization are administered.'],
    ] as const
  ).map(
    ([name, path, summary]): Endpoint => ({
      name,
      method: 'GET',
      route: `${METADATA}/${path}`,
      summary,
      query: ORGANIZATION,
      answer: organization,
      handler: async (call) => organizationJson(call.app.ports, organizationOf(call), originOf(call)),
    }),
  ),
  {
    name: 'Metadata_GetEntities',
    method: 'GET',
    route: `${METADATA}/entities`,
    summary: 'The entities that can be exported.',
    query: { ...ORGANIZATION, all: 'true: also those that cannot, with the reason.' },
    answer: z.array(entityRow),
    handler: async (call) => exportableEntities(call.app.ports, organizationOf(call).id, isTrue(call.query('all'))),
  },
  {
    name: 'Metadata_GetRelationships',
    method: 'GET',
    route: `${METADATA}/relationships`,
    summary: 'The many-to-many relationships that can be exported: a profile names their intersect entities.',
    query: ORGANIZATION,
    answer: z.array(relationshipRow),
    handler: async (call) => exportableRelationships(call.app.ports, organizationOf(call).id),
  },
  {
    name: 'Metadata_HasOrgAcceptedPrivacyTerms',
    method: 'GET',
    route: `${METADATA}/hasorgacceptedprivacyterms`,
    summary: 'Whether somebody accepted the privacy terms for the organization; nothing depends on it.',
    query: ORGANIZATION,
    answer: z.boolean(),
    handler: async (call) =>
      (await call.app.ports.control.organizations.termsAccepted(organizationOf(call).id)) !== null,
  },
  {
    name: 'Metadata_AcceptOrgPrivacyTerms',
    method: 'POST',
    route: `${METADATA}/acceptprivacyterms`,
    summary: 'Accepts the privacy terms for the organization.',
    query: ORGANIZATION,
    answer: z.literal(true),
    handler: async (call) => {
      const { control, clock } = call.app.ports;
      await control.organizations.acceptTerms(organizationOf(call).id, call.caller.id, clock.now());
      return true;
    },
  },
];

function organizationOf({ app, administered, query }: Call): Organization {
  return administeredOrganization(app.ports, administered, {
    id: query('organizationId'),
    url: query('organizationUrl'),
  });
}

/** Both hosts of the original are this one; clients write paths directly behind it, so it is a bare origin. */
function originOf({ request }: Call): string {
  return new URL(request.url).origin;
}
