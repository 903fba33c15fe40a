const usual = { IsValidForRead: true, IsValidForCreate: true, IsValidForUpdate: true, RequiredLevel: 'None' };
const byService = { ...usual, IsValidForCreate: false, IsValidForUpdate: false };

const attribute = (name: string, type: string, more: object = {}) => ({
  LogicalName: name,
  AttributeTypeName: type,
  ...usual,
  ...more,
});

/** Definitions of custom tables that a destination has twelve columns for, those of TWELVE. */
export const definitionOf = (name: string) => ({
  LogicalName: name,
  PrimaryNameAttribute: 'name',
  OwnershipType: 'UserOwned',
  Attributes: [
    attribute(`${name}id`, 'UniqueidentifierType', { IsValidForUpdate: false }),
    attribute('statecode', 'StateType', {
      Options: [
        { Value: 0, Label: 'Active', DefaultStatus: 1 },
        { Value: 1, Label: 'Inactive', DefaultStatus: 2 },
      ],
    }),
    attribute('statuscode', 'StatusType', {
      Options: [
        { Value: 1, Label: 'Active', State: 0 },
        { Value: 2, Label: 'Inactive', State: 1 },
      ],
    }),
    attribute('donotphone', 'BooleanType', {
      Options: [
        { Value: 1, Label: 'Do not allow' },
        { Value: 0, Label: 'Allow' },
      ],
    }),
    attribute('ownerid', 'OwnerType', { Targets: ['systemuser'] }),
    attribute('revenue', 'MoneyType', { Precision: 2, MinValue: 0, MaxValue: 1e9 }),
    attribute('name', 'StringType', { MaxLength: 160, RequiredLevel: 'ApplicationRequired' }),
    attribute('emailaddress1', 'StringType', { MaxLength: 100, Format: 'Email', RequiredLevel: 'ApplicationRequired' }),
    attribute('createdon', 'DateTimeType', { Format: 'DateAndTime', DateTimeBehavior: 'UserLocal', ...byService }),
    attribute('description', 'MemoType', { MaxLength: 2_000, RequiredLevel: 'ApplicationRequired' }),
    attribute('versionnumber', 'BigIntType', byService),
  ],
});

/** Names of such tables. */
export const tableNames = (count: number): string[] =>
  Array.from({ length: count }, (_, k) => `fre_bench${String(k + 1).padStart(3, '0')}`);
