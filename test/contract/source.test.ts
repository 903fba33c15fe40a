import { standardDefinitions } from '../../local/dataverse/definitions.ts';
import { Organization } from '../../local/dataverse/model/organization.ts';
import { modelSource } from '../../local/dataverse/model/source.ts';
import { describeSource } from './source.suite.ts';

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

describeSource('the model', async () => {
  const organization = new Organization({ identity: IDENTITY, now: () => Date.UTC(2026, 0, 1) });
  organization.define(...standardDefinitions());
  organization.create(
    'transactioncurrency',
    { currencyname: 'US Dollar', exchangerate: 1 },
    { id: IDENTITY.currencyId },
  );
  return { source: modelSource(organization), organization, stop: async () => {} };
});
