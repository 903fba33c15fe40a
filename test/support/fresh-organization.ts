import { standardDefinitions } from '../../local/dataverse/definitions.ts';
import { identityOf } from '../../local/dataverse/identity.ts';
import { Organization } from '../../local/dataverse/model/organization.ts';
import { seedBasics } from '../../local/dataverse/sample/seed.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';

/** An organization as it is after its first start, in memory. */
export function freshOrganization(): Organization {
  const organization = new Organization({ identity: identityOf({}, 0), now: () => systemClock.now() });
  organization.define(...standardDefinitions());
  seedBasics(organization);
  return organization;
}
