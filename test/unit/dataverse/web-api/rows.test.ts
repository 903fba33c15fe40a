import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Attribute } from '../../../../shared/dataverse/metadata.ts';
import { parseExact } from '../../../../shared/dataverse/web-api/exact-json.ts';
import { readPage } from '../../../../shared/dataverse/web-api/page.ts';
import {
  FORMATTED_VALUE,
  keyShape,
  LOOKUP_ENTITY,
  rowShape,
  type WebApiRow,
} from '../../../../shared/dataverse/web-api/rows.ts';
import { Unreadable } from '../../../../shared/dataverse/web-api/unreadable.ts';
import { attribute, entityMetadata } from '../entity.ts';

const ID = '60c4e274-0d87-e711-80e5-00155db19e6d';
const OTHER = '9fd4a450-cb0c-ea11-a813-000d3a1b1223';

/** The cells of one row of an entity with these attributes, by column. */
function cellsOf(attributes: readonly Attribute[], row: WebApiRow): Record<string, unknown> {
  const shape = rowShape(entityMetadata('thing', attributes));
  const cells = shape.cells({ thingid: ID, ...row });
  return Object.fromEntries(shape.columns.map((name, index) => [name, cells[index]]));
}

const owner = attribute('ownerid', 'OwnerType', { targets: ['systemuser', 'team'] });
const hidden = { isValidODataAttribute: false } as const;

describe('a value of the Web API becomes a cell', () => {
  it.each<[Attribute['type'], unknown, unknown]>([
    ['StringType', 'ß "quoted"\n', 'ß "quoted"\n'],
    ['MemoType', '', ''],
    ['IntegerType', -7, -7],
    ['PicklistType', 100000000, 100000000],
    ['StateType', 0, 0],
    ['BooleanType', false, false],
    ['BigIntType', 4372108, '4372108'],
    ['BigIntType', '9223372036854775807', '9223372036854775807'],
    ['MoneyType', 2154.32, '2154.32'],
    ['MoneyType', '922337203685477.5800', '922337203685477.58'],
    ['DecimalType', 1e-10, '0.0000000001'],
    ['DoubleType', 50, '50'],
    ['DateTimeType', '2022-11-14T16:14:45Z', '2022-11-14T16:14:45Z'],
    ['DateTimeType', '2022-11-14', '2022-11-14T00:00:00Z'],
    ['DateTimeType', '2022-11-14T16:14:45+02:00', '2022-11-14T14:14:45.000Z'],
    ['DateTimeType', '10000-01-01T00:00:00Z', '10000-01-01T00:00:00Z'],
    ['UniqueidentifierType', OTHER.toUpperCase(), OTHER],
    ['MultiSelectPicklistType', '1,2', '1,2'],
    ['MultiSelectPicklistType', [1, 2], '1,2'],
    ['EntityNameType', 'account', 'account'],
    ['StringType', null, null],
    ['IntegerType', undefined, null],
  ])('%s %j is %j', (type, value, cell) => {
    expect(cellsOf([attribute('x', type)], { x: value })).toEqual({ thingid: ID, x: cell });
  });

  it('a lookup gives the id, and the entity it points to from the annotation', () => {
    const row = { _ownerid_value: OTHER, [`_ownerid_value@${LOOKUP_ENTITY}`]: 'team' };
    expect(cellsOf([owner], row)).toEqual({ thingid: ID, ownerid: OTHER, ownerid_entitytype: 'team' });
  });

  it('a lookup without an annotation points to its only target, and to none when it is empty', () => {
    const parent = attribute('parentid', 'LookupType', { targets: ['thing'] });
    expect(cellsOf([parent], { _parentid_value: OTHER })).toMatchObject({ parentid_entitytype: 'thing' });
    expect(cellsOf([parent], { _parentid_value: null })).toMatchObject({ parentid_entitytype: null });
    expect(cellsOf([owner], { _ownerid_value: OTHER })).toMatchObject({ ownerid_entitytype: null });
  });

  it('the name and the type of a lookup come from its annotations, the phonetic name from nowhere', () => {
    const attributes = [
      owner,
      attribute('owneridname', 'StringType', { attributeOf: 'ownerid', ...hidden }),
      attribute('owneridyominame', 'StringType', { attributeOf: 'ownerid', ...hidden }),
      attribute('owneridtype', 'EntityNameType', { attributeOf: 'ownerid', ...hidden }),
    ];
    const row = {
      _ownerid_value: OTHER,
      [`_ownerid_value@${LOOKUP_ENTITY}`]: 'systemuser',
      [`_ownerid_value@${FORMATTED_VALUE}`]: 'A. Person',
    };
    expect(cellsOf(attributes, row)).toMatchObject({
      owneridname: 'A. Person',
      owneridtype: 'systemuser',
      owneridyominame: null,
    });
  });

  it('a list of parties is empty unless the answer names one', () => {
    const to = attribute('to', 'PartyListType');
    expect(cellsOf([to], {})).toEqual({ thingid: ID, to: null });
    expect(cellsOf([to], { to: [{ partyid: OTHER }] })).toEqual({ thingid: ID, to: null });
    expect(cellsOf([to], { to: OTHER })).toEqual({ thingid: ID, to: OTHER });
  });

  it.each<[Attribute['type'], unknown]>([
    ['IntegerType', 'secret'],
    ['BooleanType', 'secret'],
    ['MoneyType', 'secret'],
    ['StringType', { secret: 1 }],
    ['UniqueidentifierType', 7],
    ['DateTimeType', 7],
  ])('a %s that holds something else is refused, without telling what', (type, value) => {
    const conversion = () => cellsOf([attribute('x', type)], { x: value });
    expect(conversion).toThrow(Unreadable);
    expect(conversion).toThrow(/^column x holds a value of type \w+$/);
  });
});

describe('a read asks', () => {
  const name = attribute('owneridname', 'StringType', { attributeOf: 'ownerid', ...hidden });
  const secret = attribute('isprivate', 'BooleanType', hidden);

  it('for the properties that the Web API has, and for the annotations that some column needs', () => {
    const shape = rowShape(
      entityMetadata('thing', [attribute('x', 'StringType'), owner, secret, attribute('to', 'PartyListType')]),
    );
    expect(shape.properties).toEqual(['thingid', '_ownerid_value', 'x']);
    expect(shape.annotations).toEqual([LOOKUP_ENTITY]);
    expect(rowShape(entityMetadata('thing', [owner, name])).annotations).toEqual([LOOKUP_ENTITY, FORMATTED_VALUE]);
    expect(rowShape(entityMetadata('thing', [attribute('x', 'StringType')])).annotations).toEqual([]);
  });

  it('and goes on along a link with the columns that the link selects', () => {
    const entity = entityMetadata('thing', [
      attribute('x', 'StringType'),
      attribute('added', 'StringType'),
      owner,
      name,
    ]);
    const shape = rowShape(entity, new Set(['x', '_ownerid_value', 'removed']));
    expect(shape.columns).toEqual(['thingid', 'ownerid', 'ownerid_entitytype', 'x', 'owneridname']);
  });

  it('for the key alone in a read of keys', () => {
    const shape = keyShape(entityMetadata('thing', [owner, name]));
    expect(shape).toMatchObject({ columns: ['thingid'], properties: ['thingid'], annotations: [] });
    expect(shape.cells({ thingid: ID, x: 1 })).toEqual([ID]);
  });
});

describe('a captured page', () => {
  const fixture = (name: string) =>
    parseExact(readFileSync(new URL(`../../../fixtures/web-api/${name}`, import.meta.url), 'utf8'));
  const account = entityMetadata(
    'account',
    ['name', 'telephone1', 'fax'].map((name) => attribute(name, 'StringType')),
  );

  it('of contacts is read with its next link and metadata version', () => {
    const contact = entityMetadata('contact', [
      attribute('familystatuscode', 'PicklistType'),
      ...['fullname', 'emailaddress1', 'fax'].map((name) => attribute(name, 'StringType')),
    ]);
    const page = readPage(fixture('contacts-page.json'), rowShape(contact));
    expect(page.rows).toEqual([
      ['cdcfa450-cb0c-ea11-a813-000d3a1b1223', 1, 'Heriberto Nathan', 'heriberto@northwindtraders.com', '614-555-0122'],
      ['9fd4a450-cb0c-ea11-a813-000d3a1b1223', 1, 'Dwayne Elijah', 'dwayne@alpineskihouse.com', '281-555-0158'],
    ]);
    expect(page).toMatchObject({ deletions: [], token: null, metadataVersion: '6012567' });
    expect(page.next).toMatch(/^https:.*%253c%252fcookie%253e%22%20istracking=%22False%22%20\/%3E$/);
  });

  it('of a first tracked read has a token', () => {
    const page = readPage(fixture('change-tracking-initial.json'), rowShape(account));
    expect(page.rows).toEqual([[ID, 'Monte Orton', '555000', '10101']]);
    expect(page).toMatchObject({ next: null, token: '919042%2108%2f22%2f2017%2008%3a10%3a44', deletions: [] });
  });

  it('of changes tells rows from deletions', () => {
    const page = readPage(fixture('change-tracking-delta.json'), rowShape(account));
    expect(page.rows).toEqual([[ID, 'Monte Orton', '555000', '10101']]);
    expect(page.deletions).toEqual(['2e451703-c686-e711-80e5-00155db19e6d']);
    expect(page.token).toBe('919058%2108%2f22%2f2017%2008%3a21%3a20');
  });

  it('with an attribute called reason or id is not taken for deletions', () => {
    const entity = entityMetadata('thing', [attribute('reason', 'StringType'), attribute('id', 'StringType')]);
    const page = readPage({ value: [{ thingid: ID, reason: 'deleted', id: '7' }] }, rowShape(entity));
    expect(page).toMatchObject({ deletions: [], rows: [[ID, 'deleted', '7']] });
  });
});

describe('an answer that is no page is refused', () => {
  const shape = rowShape(entityMetadata('thing', []));
  const deleted = { '@odata.context': 'https://x/$metadata#things/$deletedEntity' };
  it.each<[string, unknown]>([
    ['it holds no list of rows', null],
    ['it holds no list of rows', { error: 1 }],
    ['a row is no object', { value: [1] }],
    ['a row has no id', { value: [{ name: 'x' }] }],
    ['a deletion has no id', { value: [deleted] }],
    ['its delta link has no token', { value: [], '@odata.deltaLink': 'https://x/things?$select=a' }],
  ])('%s', (reason, body) => {
    expect(() => readPage(body, shape)).toThrow(new Unreadable(reason));
  });
});
