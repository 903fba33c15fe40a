import { Organization } from '../../../../local/dataverse/model/organization.ts';
import type {
  OrganizationIdentity,
  OrganizationOptions,
} from '../../../../local/dataverse/model/organization-types.ts';
import { readDefinition } from '../../../../local/dataverse/model/read-definition.ts';

export const IDENTITY: OrganizationIdentity = {
  organizationId: '407b9c05-0000-4000-8000-000000000006',
  environmentId: '407b9c05-0000-4000-8000-000000000007',
  tenantId: '407b9c05-0000-4000-8000-000000000008',
  url: 'http://127.0.0.1:7081',
  uniqueName: 'contoso',
  geo: 'EMEA',
  callerId: 'ab7501c2-0000-4000-8000-000000000003',
  businessUnitId: 'f3f1ee18-0000-4000-8000-000000000001',
  currencyId: 'c0000000-0000-4000-8000-000000000001',
};

const attribute = (name: string, type: string, more: object = {}) => ({
  LogicalName: name,
  AttributeTypeName: type,
  ...more,
});

/** Parents and children with every way of hanging together, small enough to see through. */
export const PARENT = readDefinition({
  LogicalName: 'parent',
  PrimaryNameAttribute: 'name',
  Attributes: [
    attribute('parentid', 'UniqueidentifierType'),
    attribute('name', 'StringType', { MaxLength: 20 }),
    attribute('amount', 'MoneyType', { Precision: 2 }),
    attribute('amount_base', 'MoneyType', { Precision: 4 }),
    attribute('transactioncurrencyid', 'LookupType', { Targets: ['transactioncurrency'] }),
    attribute('exchangerate', 'DecimalType', { Precision: 10 }),
    attribute('createdon', 'DateTimeType'),
    attribute('modifiedon', 'DateTimeType'),
    attribute('ownerid', 'OwnerType', { Targets: ['systemuser', 'team'] }),
    attribute('statecode', 'StateType', {
      Options: [
        { Value: 0, Label: 'Active' },
        { Value: 1, Label: 'Inactive' },
      ],
    }),
    attribute('statuscode', 'StatusType', {
      Options: [
        { Value: 1, Label: 'Active', State: 0 },
        { Value: 2, Label: 'Inactive', State: 1 },
      ],
    }),
    attribute('versionnumber', 'BigIntType'),
  ],
  ManyToMany: [
    {
      SchemaName: 'parent_child',
      IntersectEntityName: 'parentchild',
      Entity1LogicalName: 'parent',
      Entity1IntersectAttribute: 'parentid',
      Entity2LogicalName: 'child',
      Entity2IntersectAttribute: 'childid',
    },
  ],
});

export const CHILD = readDefinition({
  LogicalName: 'child',
  PrimaryNameAttribute: 'name',
  Attributes: [
    attribute('childid', 'UniqueidentifierType'),
    attribute('name', 'StringType'),
    attribute('owned', 'LookupType', { Targets: ['parent'] }),
    attribute('linked', 'LookupType', { Targets: ['parent'] }),
    attribute('linkedname', 'StringType'),
    attribute('holding', 'LookupType', { Targets: ['parent'] }),
    attribute('modifiedon', 'DateTimeType'),
    attribute('versionnumber', 'BigIntType'),
  ],
  ManyToOne: [
    { SchemaName: 'a', ReferencingAttribute: 'owned', ReferencedEntity: 'parent', OnDelete: 'Cascade' },
    { SchemaName: 'b', ReferencingAttribute: 'linked', ReferencedEntity: 'parent', OnDelete: 'RemoveLink' },
    { SchemaName: 'c', ReferencingAttribute: 'holding', ReferencedEntity: 'parent', OnDelete: 'Restrict' },
  ],
});

export function organizationOf(options: Partial<OrganizationOptions> = {}): Organization {
  const organization = new Organization({ identity: IDENTITY, now: () => Date.UTC(2026, 0, 2, 3, 4, 5), ...options });
  organization.define(PARENT, CHILD);
  return organization;
}
