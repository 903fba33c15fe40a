/** Tables that every organization has and that the published pages do not list here, in the compact form. */

const key = (name: string, schemaName: string) => ({
  LogicalName: name,
  SchemaName: schemaName,
  AttributeTypeName: 'UniqueidentifierType',
  IsValidForUpdate: false,
  RequiredLevel: 'SystemRequired',
});

const text = (name: string, maxLength: number, more: object = {}) => ({
  LogicalName: name,
  AttributeTypeName: 'StringType',
  MaxLength: maxLength,
  Format: 'Text',
  ...more,
});

const lookup = (name: string, ...targets: string[]) => ({
  LogicalName: name,
  AttributeTypeName: 'LookupType',
  Targets: targets,
});

const choice = (name: string, options: Readonly<Record<number, string>>, defaultValue?: number) => ({
  LogicalName: name,
  AttributeTypeName: 'PicklistType',
  Options: Object.entries(options).map(([value, label]) => ({ Value: Number(value), Label: label })),
  ...(defaultValue === undefined ? {} : { DefaultFormValue: defaultValue }),
});

const flag = (name: string, defaultValue = false, more: object = {}) => ({
  LogicalName: name,
  AttributeTypeName: 'BooleanType',
  Options: [
    { Value: 1, Label: 'Yes' },
    { Value: 0, Label: 'No' },
  ],
  DefaultValue: defaultValue,
  ...more,
});

const date = (name: string) => ({
  LogicalName: name,
  AttributeTypeName: 'DateTimeType',
  Format: 'DateAndTime',
  DateTimeBehavior: 'UserLocal',
  IsValidForCreate: false,
  IsValidForUpdate: false,
});

const version = {
  LogicalName: 'versionnumber',
  SchemaName: 'VersionNumber',
  AttributeTypeName: 'BigIntType',
  IsValidForCreate: false,
  IsValidForUpdate: false,
};

const ofOrganization = { OwnershipType: 'OrganizationOwned', ChangeTrackingEnabled: false };

const BUSINESS_UNIT = {
  LogicalName: 'businessunit',
  SchemaName: 'BusinessUnit',
  EntitySetName: 'businessunits',
  PrimaryNameAttribute: 'name',
  OwnershipType: 'BusinessOwned',
  Attributes: [
    key('businessunitid', 'BusinessUnitId'),
    text('name', 160),
    date('createdon'),
    date('modifiedon'),
    version,
  ],
};

const CURRENCY = {
  LogicalName: 'transactioncurrency',
  SchemaName: 'TransactionCurrency',
  EntitySetName: 'transactioncurrencies',
  PrimaryNameAttribute: 'currencyname',
  OwnershipType: 'OrganizationOwned',
  Attributes: [
    key('transactioncurrencyid', 'TransactionCurrencyId'),
    text('currencyname', 100),
    text('isocurrencycode', 5),
    { LogicalName: 'exchangerate', AttributeTypeName: 'DecimalType', Precision: 10 },
    date('createdon'),
    date('modifiedon'),
    version,
  ],
};

const ORGANIZATION = {
  LogicalName: 'organization',
  SchemaName: 'Organization',
  EntitySetName: 'organizations',
  PrimaryNameAttribute: 'name',
  ...ofOrganization,
  Attributes: [
    key('organizationid', 'OrganizationId'),
    text('name', 160),
    { LogicalName: 'expirechangetrackingindays', AttributeTypeName: 'IntegerType', MinValue: 0, MaxValue: 365 },
    date('createdon'),
    date('modifiedon'),
    version,
  ],
};

/** Registration for notifications (reference: dataverse.md, part 3). */
const SERVICE_ENDPOINT = {
  LogicalName: 'serviceendpoint',
  SchemaName: 'ServiceEndpoint',
  EntitySetName: 'serviceendpoints',
  PrimaryNameAttribute: 'name',
  ...ofOrganization,
  Attributes: [
    key('serviceendpointid', 'ServiceEndpointId'),
    text('name', 256),
    text('description', 2000),
    choice('contract', {
      1: 'One-Way',
      2: 'Queue',
      3: 'Rest',
      4: 'Two-Way',
      5: 'Topic',
      6: 'Queue (Persistent)',
      7: 'Event Hub',
      8: 'Webhook',
      9: 'Event Grid',
      10: 'Managed Data Lake',
      11: 'Container Storage',
    }),
    choice('connectionmode', { 1: 'Normal', 2: 'Federated' }, 1),
    choice('authtype', {
      1: 'ACS',
      2: 'SAS Key',
      3: 'SAS Token',
      4: 'Webhook Key',
      5: 'HTTP Header',
      6: 'HTTP Query String',
      7: 'Connection String',
      8: 'Access Key',
    }),
    choice('messageformat', { 1: 'Binary XML', 2: 'Json', 3: 'Text XML' }, 1),
    choice('messagecharset', { 0: 'Default', 1: 'UTF8' }),
    choice('userclaim', { 1: 'None', 2: 'UserId', 3: 'UserInfo' }, 1),
    choice('namespaceformat', { 1: 'Namespace Name', 2: 'Namespace Address' }),
    text('namespaceaddress', 255),
    text('solutionnamespace', 160),
    text('path', 160),
    text('url', 2000),
    text('saskeyname', 256),
    text('saskey', 256, { IsValidForRead: false }),
    text('sastoken', 256, { IsValidForRead: false }),
    text('authvalue', 2048, { IsValidForRead: false }),
    flag('issaskeyset', false),
    flag('issastokenset', false),
    flag('isauthvalueset', false),
    date('createdon'),
    date('modifiedon'),
    version,
  ],
};

const SDK_MESSAGE = {
  LogicalName: 'sdkmessage',
  SchemaName: 'SdkMessage',
  EntitySetName: 'sdkmessages',
  PrimaryNameAttribute: 'name',
  ...ofOrganization,
  Attributes: [key('sdkmessageid', 'SdkMessageId'), text('name', 256), version],
};

const SDK_MESSAGE_FILTER = {
  LogicalName: 'sdkmessagefilter',
  SchemaName: 'SdkMessageFilter',
  EntitySetName: 'sdkmessagefilters',
  PrimaryNameAttribute: 'name',
  ...ofOrganization,
  Attributes: [
    key('sdkmessagefilterid', 'SdkMessageFilterId'),
    text('name', 256),
    lookup('sdkmessageid', 'sdkmessage'),
    { LogicalName: 'primaryobjecttypecode', AttributeTypeName: 'EntityNameType' },
    { LogicalName: 'secondaryobjecttypecode', AttributeTypeName: 'EntityNameType' },
    flag('iscustomprocessingstepallowed', true),
    version,
  ],
};

const SDK_MESSAGE_PROCESSING_STEP = {
  LogicalName: 'sdkmessageprocessingstep',
  SchemaName: 'SdkMessageProcessingStep',
  EntitySetName: 'sdkmessageprocessingsteps',
  PrimaryNameAttribute: 'name',
  ...ofOrganization,
  Attributes: [
    key('sdkmessageprocessingstepid', 'SdkMessageProcessingStepId'),
    text('name', 256),
    text('description', 256),
    text('filteringattributes', 100_000),
    choice(
      'stage',
      { 10: 'Pre-validation', 20: 'Pre-operation', 40: 'Post-operation', 50: 'Post-operation (Deprecated)' },
      10,
    ),
    choice('mode', { 0: 'Synchronous', 1: 'Asynchronous' }, 0),
    { LogicalName: 'rank', AttributeTypeName: 'IntegerType' },
    choice('supporteddeployment', { 0: 'Server Only', 1: 'Outlook Client Only', 2: 'Both' }, 0),
    choice('invocationsource', { [-1]: 'Internal', 0: 'Parent', 1: 'Child' }, 0),
    flag('asyncautodelete', false),
    lookup('eventhandler', 'plugintype', 'serviceendpoint'),
    lookup('sdkmessageid', 'sdkmessage'),
    lookup('sdkmessagefilterid', 'sdkmessagefilter'),
    {
      LogicalName: 'statecode',
      AttributeTypeName: 'StateType',
      Options: [
        { Value: 0, Label: 'Enabled', DefaultStatus: 1, InvariantName: 'Enabled' },
        { Value: 1, Label: 'Disabled', DefaultStatus: 2, InvariantName: 'Disabled' },
      ],
    },
    {
      LogicalName: 'statuscode',
      AttributeTypeName: 'StatusType',
      Options: [
        { Value: 1, Label: 'Enabled', State: 0 },
        { Value: 2, Label: 'Disabled', State: 1 },
      ],
    },
    date('createdon'),
    date('modifiedon'),
    version,
  ],
};

/** Their definitions, in the order in which they refer to one another. */
export const SYSTEM_ENTITIES: readonly object[] = [
  BUSINESS_UNIT,
  CURRENCY,
  ORGANIZATION,
  SERVICE_ENDPOINT,
  SDK_MESSAGE,
  SDK_MESSAGE_FILTER,
  SDK_MESSAGE_PROCESSING_STEP,
];
