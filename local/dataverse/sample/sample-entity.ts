const always = { IsValidForRead: true, IsValidForCreate: true, IsValidForUpdate: true, RequiredLevel: 'None' };
const byService = { ...always, IsValidForCreate: false, IsValidForUpdate: false };

const attribute = (schemaName: string, type: string, more: object = {}) => ({
  LogicalName: schemaName.toLowerCase(),
  SchemaName: schemaName,
  AttributeTypeName: type,
  ...always,
  ...more,
});

const nameOf = (lookup: string) =>
  attribute(`${lookup}Name`, 'StringType', { MaxLength: 100, AttributeOf: lookup.toLowerCase(), ...byService });

const options = (...labels: string[]) => ({
  Options: labels.map((label, at) => ({ Value: 100_000_000 + at, Label: label })),
});

/** Labels in English and German. */
const translated = (...labels: [string, string][]) => ({
  Options: labels.map(([english, german], at) => ({
    Value: 100_000_000 + at,
    Label: {
      LocalizedLabels: [
        { Label: english, LanguageCode: 1033 },
        { Label: german, LanguageCode: 1031 },
      ],
    },
  })),
});

const dateTime = (schemaName: string, format: string, behavior: string, more: object = {}) =>
  attribute(schemaName, 'DateTimeType', { Format: format, DateTimeBehavior: behavior, ...more });

/** A custom table with every type of attribute, in the compact form. */
export const SAMPLE_ENTITY = {
  LogicalName: 'fre_sample',
  SchemaName: 'fre_Sample',
  EntitySetName: 'fre_samples',
  PrimaryIdAttribute: 'fre_sampleid',
  PrimaryNameAttribute: 'fre_name',
  OwnershipType: 'UserOwned',
  IsCustomEntity: true,
  Attributes: [
    attribute('fre_SampleId', 'UniqueidentifierType', { IsValidForUpdate: false, RequiredLevel: 'SystemRequired' }),
    attribute('fre_Name', 'StringType', { MaxLength: 100, Format: 'Text', RequiredLevel: 'ApplicationRequired' }),
    attribute('fre_Code', 'StringType', { MaxLength: 20, Format: 'Text' }),
    attribute('fre_LongText', 'StringType', { MaxLength: 4000, Format: 'TextArea' }),
    attribute('fre_Notes', 'MemoType', { MaxLength: 100_000, Format: 'TextArea' }),
    attribute('fre_Count', 'IntegerType', { MinValue: -2_147_483_648, MaxValue: 2_147_483_647, Format: 'None' }),
    attribute('fre_Big', 'BigIntType', { MinValue: '-9223372036854775808', MaxValue: '9223372036854775807' }),
    attribute('fre_Score', 'IntegerType', { SourceType: 3, ...byService }),
    attribute('fre_Rollup', 'IntegerType', { SourceType: 2, ...byService }),
    attribute('fre_Ratio', 'DoubleType', { Precision: 5, MinValue: -100_000_000_000, MaxValue: 100_000_000_000 }),
    attribute('fre_Exact', 'DecimalType', { Precision: 10, MinValue: -100_000_000_000, MaxValue: 100_000_000_000 }),
    attribute('fre_Amount', 'MoneyType', { Precision: 2, PrecisionSource: 2, MinValue: -1e14, MaxValue: 1e14 }),
    attribute('fre_Amount_Base', 'MoneyType', { Precision: 4, PrecisionSource: 2, ...byService }),
    attribute('fre_IsReady', 'BooleanType', {
      Options: [
        { Value: 1, Label: 'Yes' },
        { Value: 0, Label: 'No' },
      ],
      DefaultValue: false,
    }),
    attribute(
      'fre_Color',
      'PicklistType',
      translated(['Red', 'Rot'], ['Green', 'Grün'], ['Blue', 'Blau'], ['黄色', 'Gelb']),
    ),
    attribute('fre_Tags', 'MultiSelectPicklistType', options('Urgent', 'Public', 'Internal', 'Draft', 'Final')),
    dateTime('fre_Birthday', 'DateOnly', 'DateOnly'),
    dateTime('fre_DueOn', 'DateOnly', 'UserLocal'),
    dateTime('fre_HappenedAt', 'DateAndTime', 'UserLocal'),
    dateTime('fre_WallClock', 'DateAndTime', 'TimeZoneIndependent'),
    attribute('fre_AccountId', 'LookupType', { Targets: ['account'] }),
    nameOf('fre_AccountId'),
    attribute('fre_CustomerId', 'CustomerType', { Targets: ['account', 'contact'] }),
    nameOf('fre_CustomerId'),
    attribute('fre_CustomerIdType', 'EntityNameType', { AttributeOf: 'fre_customerid', ...byService }),
    attribute('fre_ParentId', 'LookupType', { Targets: ['fre_sample'] }),
    nameOf('fre_ParentId'),
    attribute('fre_ExternalId', 'UniqueidentifierType'),
    attribute('fre_TableName', 'EntityNameType'),
    attribute('fre_Picture', 'ImageType'),
    attribute('fre_PictureId', 'UniqueidentifierType', { AttributeOf: 'fre_picture', ...byService }),
    attribute('fre_Document', 'FileType'),
    attribute('fre_Document_Name', 'StringType', { MaxLength: 256, AttributeOf: 'fre_document', ...byService }),
    attribute('fre_ColorName', 'VirtualType', { AttributeOf: 'fre_color', ...byService }),
    attribute('ownerid', 'OwnerType', { Targets: ['systemuser', 'team'], RequiredLevel: 'SystemRequired' }),
    nameOf('ownerid'),
    attribute('owneridtype', 'EntityNameType', { AttributeOf: 'ownerid', ...byService }),
    attribute('owningbusinessunit', 'LookupType', { Targets: ['businessunit'], ...byService }),
    attribute('owninguser', 'LookupType', { Targets: ['systemuser'], ...byService }),
    attribute('owningteam', 'LookupType', { Targets: ['team'], ...byService }),
    attribute('transactioncurrencyid', 'LookupType', { Targets: ['transactioncurrency'] }),
    attribute('exchangerate', 'DecimalType', { Precision: 10, ...byService }),
    attribute('statecode', 'StateType', {
      Options: [
        { Value: 0, Label: 'Active', DefaultStatus: 1, InvariantName: 'Active' },
        { Value: 1, Label: 'Inactive', DefaultStatus: 2, InvariantName: 'Inactive' },
      ],
    }),
    attribute('statuscode', 'StatusType', {
      Options: [
        { Value: 1, Label: 'Active', State: 0 },
        { Value: 2, Label: 'Inactive', State: 1 },
      ],
    }),
    dateTime('createdon', 'DateAndTime', 'UserLocal', byService),
    attribute('createdby', 'LookupType', { Targets: ['systemuser'], ...byService }),
    dateTime('modifiedon', 'DateAndTime', 'UserLocal', byService),
    attribute('modifiedby', 'LookupType', { Targets: ['systemuser'], ...byService }),
    attribute('overriddencreatedon', 'DateTimeType', { Format: 'DateOnly', DateTimeBehavior: 'UserLocal' }),
    attribute('versionnumber', 'BigIntType', byService),
  ],
};
