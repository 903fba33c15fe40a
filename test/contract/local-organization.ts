import type { AddressInfo } from 'node:net';
import { standardDefinitions } from '../../local/dataverse/definitions.ts';
import { anyToken } from '../../local/dataverse/http/authentication.ts';
import { Faults } from '../../local/dataverse/http/faults.ts';
import { createSiteServer } from '../../local/dataverse/http/server.ts';
import { Statistics } from '../../local/dataverse/http/statistics.ts';
import { Organization } from '../../local/dataverse/model/organization.ts';
import { seededRandom } from '../../local/dataverse/model/random.ts';
import type { WebApiOptions } from '../../shared/dataverse/web-api/client.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';

const IDENTITY = {
  organizationId: '11111111-1111-4111-8111-111111111111',
  environmentId: '22222222-2222-4222-8222-222222222222',
  tenantId: '33333333-3333-4333-8333-333333333333',
  url: 'https://contoso.crm.dynamics.com',
  uniqueName: 'contoso',
  geo: 'EMEA',
  callerId: '44444444-4444-4444-8444-444444444444',
  businessUnitId: '55555555-5555-4555-8555-555555555555',
  currencyId: '66666666-6666-4666-8666-666666666666',
};

/** An organization with the tables of a fresh one, its base currency and one user. */
export function freshOrganization(): Organization {
  const organization = new Organization({ identity: IDENTITY, now: () => systemClock.now() });
  organization.define(...standardDefinitions());
  organization.create(
    'transactioncurrency',
    { currencyname: 'US Dollar', exchangerate: 1 },
    { id: IDENTITY.currencyId },
  );
  organization.create('systemuser', { firstname: 'A.', lastname: 'Person' }, { id: IDENTITY.callerId });
  return organization;
}

export interface ServedOrganization {
  readonly organization: Organization;
  readonly faults: Faults;
  /** How the Web API adapter reaches it. */
  readonly options: WebApiOptions;
  stop(): Promise<void>;
}

/** The local organization's HTTP server in this process, on a free port. */
export async function serveOrganization(): Promise<ServedOrganization> {
  const organization = freshOrganization();
  const now = () => systemClock.now();
  const statistics = new Statistics(now);
  const faults = new Faults(now, seededRandom(1), statistics);
  const site = {
    organization,
    faults,
    statistics,
    now,
    change: async <T>(what: () => T) => what(),
    rules: { beforeWrite: (_entity: string, _id: string | null, values: Record<string, unknown>) => values },
  };
  const control = async () => ({ status: 404, body: null });
  const server = createSiteServer({ site, authenticate: anyToken, control, challenge: () => 'Bearer' });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  organization.identity = { ...IDENTITY, url };
  const credential = { getToken: async () => ({ token: 'any', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
  return {
    organization,
    faults,
    options: { url, credential, clock: systemClock },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}
