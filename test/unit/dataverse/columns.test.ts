import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type Column,
  columnsOfNewTable,
  exportColumns,
  inColumnOrder,
  isExported,
} from '../../../shared/dataverse/columns.ts';
import type { Attribute, EntityMetadata } from '../../../shared/dataverse/metadata.ts';
import { readAttributes } from '../../../shared/dataverse/web-api/attributes.ts';
import { entityMetadata } from './entity.ts';

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** The columns of `account` in one real organization, of which 190 of 226 were columns of the original's table. */
const captured: Record<string, unknown>[] = read('../../fixtures/web-api/account-attributes.json');
const account = entityMetadata('account', readAttributes(captured));
/** The documented definition, with lengths and precisions. */
const documented = entityMetadata(
  'account',
  readAttributes(typed(read('../../../local/dataverse/entities/account.json'))),
);

function typed({ Attributes }: { Attributes: Record<string, unknown>[] }): Record<string, unknown>[] {
  return Attributes.map(({ AttributeTypeName, DateTimeBehavior, Options, ...rest }) => ({
    ...rest,
    AttributeTypeName: { Value: AttributeTypeName },
  }));
}

function columnOf(entity: EntityMetadata, name: string): Column | undefined {
  return exportColumns(entity).find((column) => column.name === name);
}

const kindOf = ({ type, length, scale }: Column) =>
  [type, length ?? scale].filter((part) => part !== undefined).join(' ');

describe('the columns of a captured account', () => {
  it('are its attributes that are not virtual, and the entity that each lookup points to', () => {
    const names = captured
      .filter(({ AttributeType }) => AttributeType !== 'Virtual')
      .map(({ LogicalName }) => LogicalName);
    const lookups = captured.filter(({ AttributeType }) => AttributeType === 'Lookup' || AttributeType === 'Owner');
    const entityTypes = lookups.map(({ LogicalName }) => `${LogicalName}_entitytype`);
    expect(names.length).toBe(190);
    expect(new Set(exportColumns(account).map(({ name }) => name))).toEqual(new Set([...names, ...entityTypes]));
    expect(exportColumns(account).length).toBe(190 + 22);
  });

  it('leave out the texts of choices and the image', () => {
    expect(account.attributes.filter((attribute) => !isExported(attribute)).length).toBe(36);
    expect(columnOf(account, 'statecodename')).toBeUndefined();
    expect(columnOf(account, 'entityimage')).toBeUndefined();
    expect(columnOf(account, 'entityimage_url')).toMatchObject({ type: 'string' });
  });

  it('begin with the key in pages, and are in a table the same ones', () => {
    const [key, ...others] = exportColumns(account);
    expect(key).toEqual({ name: 'accountid', type: 'uuid', attribute: 'accountid' });
    expect(columnsOfNewTable(account).filter((column) => column.name !== key?.name)).toEqual(others);
    expect(columnsOfNewTable(account)).toContainEqual(key);
  });

  it('in a table begin with state, status, choices, two-options, lookups, money, and the key is among the rest', () => {
    const types = new Map(account.attributes.map(({ logicalName, type }) => [logicalName, type]));
    const columns = columnsOfNewTable(account);
    const names = columns.map(({ name }) => name);
    expect(names.indexOf('accountid')).toBe(names.indexOf('accountnumber') - 1);
    expect(names.indexOf('accountid')).toBeGreaterThan(names.indexOf('revenue_base'));
    const runs = columns
      .map(({ attribute }) => types.get(attribute)?.replace('Owner', 'Lookup'))
      .filter((type, index, all) => type !== all[index - 1]);
    expect(runs.slice(0, 6)).toEqual([
      'StateType',
      'StatusType',
      'PicklistType',
      'BooleanType',
      'LookupType',
      'MoneyType',
    ]);
    expect(runs.slice(6)).not.toContain('LookupType');
  });

  it('have each lookup followed by the entity it points to', () => {
    const names = exportColumns(account).map(({ name }) => name);
    expect(names[names.indexOf('primarycontactid') + 1]).toBe('primarycontactid_entitytype');
    expect(columnOf(account, 'ownerid_entitytype')).toMatchObject({ type: 'string', length: 128, isEntityType: true });
  });
});

describe('a column has the type of the original', () => {
  it.each([
    ['statecode', 'int'],
    ['industrycode', 'int'],
    ['donotemail', 'bit'],
    ['primarycontactid', 'uuid'],
    ['primarycontactid_entitytype', 'string 128'],
    ['primarycontactidname', 'string 100'],
    ['revenue', 'decimal 2'],
    ['revenue_base', 'decimal 4'],
    ['address1_latitude', 'decimal 5'],
    ['exchangerate', 'decimal 10'],
    ['numberofemployees', 'int'],
    ['versionnumber', 'bigint'],
    ['createdon', 'datetime'],
    ['name', 'string 160'],
    ['description', 'text'],
    ['owneridtype', 'string 4000'],
    ['processid', 'uuid'],
  ])('%s is %s', (name, expected) => {
    const column = columnOf(documented, name);
    expect(column && kindOf(column)).toBe(expected);
  });

  it.each<[string, Partial<Attribute>, string]>([
    ['a multi-select choice', { type: 'MultiSelectPicklistType' }, 'string 4000'],
    ['a list of parties', { type: 'PartyListType' }, 'uuid'],
    ['money without a precision', { type: 'MoneyType' }, 'decimal 2'],
    ['money in the base currency without a precision', { type: 'MoneyType', logicalName: 'x_base' }, 'decimal 4'],
    ['a text longer than any length SQL Server has', { type: 'StringType', maxLength: 4001 }, 'text'],
  ])('%s', (_, attribute, expected) => {
    const given: Attribute = { logicalName: 'x', schemaName: 'X', metadataId: null, type: 'StringType', ...attribute };
    expect(
      exportColumns(entityMetadata('thing', [given]))
        .slice(1)
        .map(kindOf),
    ).toEqual([expected]);
  });
});

describe('a key that no attribute defines', () => {
  it('is a column all the same', () => {
    const name = { logicalName: 'name', schemaName: 'Name', metadataId: null, type: 'StringType' } as const;
    const columns = columnsOfNewTable(entityMetadata('thing', [name]));
    expect(columns.map((column) => column.name)).toEqual(['thingid', 'name']);
  });
});

describe('the order of a definition', () => {
  it('does not depend on the order of the answer', () => {
    expect(inColumnOrder(account.attributes.toReversed())).toEqual(account.attributes);
  });
});
