import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { modelSource } from '../../../../local/dataverse/model/source.ts';
import { columnsOfNewTable } from '../../../../shared/dataverse/columns.ts';
import type { EntityMetadata } from '../../../../shared/dataverse/metadata.ts';
import { readAttributes } from '../../../../shared/dataverse/web-api/attributes.ts';
import type { OwnObject, TableNames } from '../../../../shared/destination/sql/statements.ts';
import { objectNames } from '../../../../shared/destination/sqlserver/dialect.ts';
import { entityObjects, ownObjects } from '../../../../shared/destination/sqlserver/objects.ts';
import { freshOrganization } from '../../../support/fresh-organization.ts';
import { attribute, entityMetadata } from '../../dataverse/entity.ts';

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

type Json = Record<string, unknown>;
/** 226 attributes of `account` in a real organization, without lengths. */
const captured: Json[] = read('../../../fixtures/web-api/account-attributes.json');
/** The published definition of `account`, with lengths and precisions. */
const published: Json[] = read('../../../../local/dataverse/entities/account.json').Attributes;

/** The real attributes, each with what its published definition says of length and precision. */
const ACCOUNT = entityMetadata('account', readAttributes([...captured, ...published.filter(isCaptured).map(limits)]));

function isCaptured({ LogicalName }: Json): boolean {
  return captured.some((one) => one.LogicalName === LogicalName);
}

function limits({ LogicalName, MaxLength, Precision }: Json): Json {
  return {
    LogicalName,
    ...(MaxLength === undefined ? {} : { MaxLength }),
    ...(Precision === undefined ? {} : { Precision }),
  };
}

const DBO = objectNames({ schema: 'dbo', prefix: '' });

/** What a statement that makes a table says of its columns: name → type and nullability. */
function columnsOf(statement: string): Map<string, string> {
  const found = statement.matchAll(/^ {2}\[([^\]]+)\] ([a-z]+(?:\([^)]+\))?)(?: IDENTITY\(1, 1\))? ((?:NOT )?NULL)/gm);
  return new Map([...found].map(([, name = '', type, nullability]) => [name, `${type} ${nullability}`]));
}

const objectsOf = (names: TableNames, entity: EntityMetadata): OwnObject[] =>
  entityObjects(names, entity.logicalName, columnsOfNewTable(entity));
const tableOf = (entity: EntityMetadata, names = DBO) => objectsOf(names, entity)[0]?.statements[0] ?? '';

/** The original's types, by what the Web API calls the attribute's (reference: destination-database.md, section 2). */
function typeOf({ AttributeType, LogicalName, MaxLength, Precision }: Json): string {
  switch (AttributeType) {
    case 'State':
    case 'Status':
    case 'Picklist':
    case 'Integer':
      return 'int';
    case 'Boolean':
      return 'bit';
    case 'BigInt':
      return 'bigint';
    case 'DateTime':
      return 'datetime';
    case 'Money':
      return `decimal(38, ${Precision ?? (String(LogicalName).endsWith('_base') ? 4 : 2)})`;
    case 'Double':
      return `decimal(38, ${Precision ?? 5})`;
    case 'Decimal':
      return `decimal(38, ${Precision ?? 10})`;
    case 'Memo':
      return 'nvarchar(max)';
    case 'String':
      return `nvarchar(${MaxLength ?? 4000})`;
    case 'EntityName':
      return 'nvarchar(4000)';
    default:
      return 'uniqueidentifier';
  }
}

describe('the table of account', () => {
  const expected = new Map<string, string>([
    ['Id', 'uniqueidentifier NOT NULL'],
    ['SinkCreatedOn', 'datetime NULL'],
    ['SinkModifiedOn', 'datetime NULL'],
  ]);
  for (const one of captured.filter(({ AttributeType }) => AttributeType !== 'Virtual')) {
    const name = String(one.LogicalName);
    const limited = {
      ...one,
      ...limits(published.find(({ LogicalName }) => LogicalName === name) ?? { LogicalName: name }),
    };
    expected.set(name, `${typeOf(limited)} NULL`);
    if (['Lookup', 'Owner', 'Customer'].includes(String(one.AttributeType)))
      expected.set(`${name}_entitytype`, 'nvarchar(128) NULL');
  }

  it('has the original’s columns, one by one: names, types, lengths, precisions, nullability', () => {
    expect(Object.fromEntries(columnsOf(tableOf(ACCOUNT)))).toEqual(Object.fromEntries(expected));
    expect(expected.size).toBe(3 + 190 + 22);
  });

  it.each([
    ['name', 'nvarchar(160) NULL'],
    ['address1_line1', 'nvarchar(250) NULL'],
    ['traversedpath', 'nvarchar(1250) NULL'],
    ['description', 'nvarchar(max) NULL'],
    ['owneridtype', 'nvarchar(4000) NULL'],
    ['ownerid_entitytype', 'nvarchar(128) NULL'],
    ['revenue', 'decimal(38, 2) NULL'],
    ['revenue_base', 'decimal(38, 4) NULL'],
    ['exchangerate', 'decimal(38, 10) NULL'],
    ['address1_latitude', 'decimal(38, 5) NULL'],
    ['versionnumber', 'bigint NULL'],
    ['accountid', 'uniqueidentifier NULL'],
  ])('%s is %s', (column, type) => expect(columnsOf(tableOf(ACCOUNT)).get(column)).toBe(type));

  it('begins with the key, under the original’s name, and the times of writing', () => {
    expect(tableOf(ACCOUNT)).toMatch(
      /^CREATE TABLE \[dbo\]\.\[account\] \(\n {2}\[Id\] uniqueidentifier NOT NULL CONSTRAINT "EPK\[dbo\]\.\[account\]" PRIMARY KEY CLUSTERED,\n/,
    );
    expect([...columnsOf(tableOf(ACCOUNT)).keys()].slice(0, 3)).toEqual(['Id', 'SinkCreatedOn', 'SinkModifiedOn']);
  });
});

/** Where a column of this type stands in a real table; what is none of these is among everything else. */
const GROUPS = ['State', 'Status', 'Picklist', 'Boolean', 'Lookup', 'Money'];

describe('the order of the columns of account', () => {
  it('is the original’s: by groups, each lookup before its entity type, the key among everything else', () => {
    const types = new Map(captured.map(({ LogicalName, AttributeType }) => [LogicalName, String(AttributeType)]));
    const groupOf = (column: string) => {
      const type = types.get(column.replace(/_entitytype$/, ''))?.replace(/^(Owner|Customer)$/, 'Lookup') ?? '';
      return GROUPS.includes(type) ? GROUPS.indexOf(type) : GROUPS.length;
    };
    for (const statement of [tableOf(ACCOUNT), objectsOf(DBO, ACCOUNT)[1]?.statements[0] ?? '']) {
      const columns = [...columnsOf(statement).keys()].filter((name) => types.has(name.replace(/_entitytype$/, '')));
      expect(columns).toHaveLength(190 + 22);
      expect(columns.map(groupOf)).toEqual(columns.map(groupOf).toSorted((a, b) => a - b));
      expect(columns[columns.indexOf('parentaccountid') + 1]).toBe('parentaccountid_entitytype');
      expect(groupOf('accountid')).toBe(GROUPS.length);
    }
  });
});

describe('the table of a many-to-many relationship', () => {
  it('has its keys as plain ids', async () => {
    const columns = columnsOf(tableOf(await modelSource(freshOrganization()).metadata('contactleads')));
    for (const name of ['contactid', 'leadid', 'contactleadid'])
      expect(columns.get(name)).toBe('uniqueidentifier NULL');
    expect([...columns.keys()].filter((name) => name.endsWith('_entitytype'))).toEqual([]);
  });
});

describe('the objects of a profile', () => {
  const names = objectNames({ schema: 'crmdata', prefix: 'Sales' });
  const all = [...ownObjects(names, true), ...objectsOf(names, ACCOUNT)];
  const named = (kind: string) => all.filter((one) => one.kind === kind).map(({ object }) => object.name);

  it('bear the original’s names', () => {
    expect(named('table')).toEqual([
      'Sales_FreshetPosition',
      'Sales_FreshetRetry',
      'Sales_GlobalOptionSetMetadata',
      'Sales_OptionSetMetadata',
      'Sales_StateMetadata',
      'Sales_StatusMetadata',
      'Sales_TargetMetadata',
      'Sales_AttributeMetadata',
      'Sales_DeleteLog',
      'Sales_account',
    ]);
    expect(named('type')).toEqual([
      'Sales_OptionSetMetadataList',
      'Sales_StateMetadataList',
      'Sales_StatusMetadataList',
      'Sales_TargetMetadataList',
      'Sales_AttributeMetadataList',
      'Sales_accountType',
      'Sales_accountIdType',
    ]);
    expect(named('procedure')).toEqual([
      'Sales_UpsertGlobalOptionSetMetadata',
      'Sales_UpsertOptionSetMetadata',
      'Sales_UpsertStateMetadata',
      'Sales_UpsertStatusMetadata',
      'Sales_UpsertTargetMetadata',
      'Sales_UpsertAttributeMetadata',
    ]);
  });

  it('are all found by the published clean-up script: same schema, name like prefix_%', () => {
    for (const { object } of all) {
      expect(object.schema).toBe('crmdata');
      expect(object.name).toMatch(/^Sales_./);
    }
  });

  it('of one entity are found by the script that removes one, and no procedure depends on its types', () => {
    const own = objectsOf(names, ACCOUNT).map(({ object }) => object.name);
    expect(own).toEqual(['Sales_account', 'Sales_accountType', 'Sales_accountIdType']);
    for (const { kind, statements } of all)
      if (kind === 'procedure') expect(statements.join()).not.toMatch(/accountType|accountIdType/);
  });

  it('have no delete log when none is wanted', () => {
    expect(ownObjects(names, false).map(({ object }) => object.name)).not.toContain('Sales_DeleteLog');
  });

  it.each([
    ['Sales_DeleteLog', ['Id', 'EntityName', 'RecordId', 'SinkDeleteTime', 'VersionNumber']],
    [
      'Sales_OptionSetMetadata',
      ['EntityName', 'OptionSetName', 'Option', 'IsUserLocalizedLabel', 'LocalizedLabelLanguageCode', 'LocalizedLabel'],
    ],
    [
      'Sales_GlobalOptionSetMetadata',
      ['OptionSetName', 'Option', 'IsUserLocalizedLabel', 'LocalizedLabelLanguageCode', 'LocalizedLabel'],
    ],
    [
      'Sales_StateMetadata',
      ['EntityName', 'State', 'IsUserLocalizedLabel', 'LocalizedLabelLanguageCode', 'LocalizedLabel'],
    ],
    [
      'Sales_StatusMetadata',
      ['EntityName', 'State', 'Status', 'IsUserLocalizedLabel', 'LocalizedLabelLanguageCode', 'LocalizedLabel'],
    ],
    ['Sales_TargetMetadata', ['EntityName', 'AttributeName', 'ReferencedEntity', 'ReferencedAttribute']],
    [
      'Sales_AttributeMetadata',
      [
        'Id',
        'EntityName',
        'AttributeName',
        'AttributeType',
        'AttributeTypeCode',
        'Version',
        'Timestamp',
        'MetadataId',
        'Precision',
      ],
    ],
  ])('%s has the original’s columns, in order', (name, columns) => {
    const statement = all.find(({ object }) => object.name === name)?.statements[0] ?? '';
    expect([...columnsOf(statement).keys()]).toEqual(columns);
  });

  it('a metadata table’s key is what the original’s is', () => {
    const statement = all.find(({ object }) => object.name === 'Sales_StatusMetadata')?.statements[0];
    expect(statement).toContain(
      'CONSTRAINT "EPK[crmdata].[Sales_StatusMetadata]" PRIMARY KEY CLUSTERED ([EntityName], [State], [Status], [IsUserLocalizedLabel], [LocalizedLabelLanguageCode])',
    );
  });
});

describe('hostile names', () => {
  const HOSTILE = `x]; DROP TABLE [victim]; --'"/*`;
  const names = objectNames({ schema: HOSTILE, prefix: HOSTILE });
  const entity = entityMetadata(HOSTILE, [
    attribute(`${HOSTILE}a`, 'StringType', { maxLength: 5 }),
    attribute(`${HOSTILE}b`, 'LookupType'),
  ]);

  it('stay names: outside of brackets and quotes nothing of them is left', () => {
    const objects = [...ownObjects(names, true), ...objectsOf(names, entity)];
    for (const statement of objects.flatMap(({ statements }) => statements)) {
      const outside = statement.replaceAll(/\[[^\]]*\]|"(?:[^"]|"")*"/g, '');
      expect(outside).not.toMatch(/victim|DROP|--|\/\*|'|"|\]/);
    }
  });
});
