import { describe, expect, it } from 'vitest';
import { derivedAttributes } from '../../../shared/dataverse/derived.ts';
import { driftOf } from '../../../shared/dataverse/drift.ts';
import type { Attribute } from '../../../shared/dataverse/metadata.ts';
import { attribute, entityMetadata } from './entity.ts';

const entity = (...attributes: Attribute[]) => entityMetadata('thing', attributes);
const lookup = (...targets: string[]) => attribute('ref', 'LookupType', { targets });
const choice = (...options: { value: number; text: string; state?: number }[]) =>
  attribute('kind', 'StatusType', {
    options: options.map(({ value, text, ...state }) => ({ value, ...state, labels: [{ languageCode: 1033, text }] })),
  });

describe('the drift between two definitions', () => {
  it('is nothing between equal ones', () => {
    const same = entity(lookup('a'), choice({ value: 1, text: 'One' }));
    expect(driftOf(same, structuredClone(same))).toEqual([]);
  });

  it.each<[string, Attribute[], Attribute[], object[]]>([
    [
      'a lookup added is two columns',
      [],
      [lookup('a')],
      [
        { kind: 'columnAdded', subject: 'ref', to: 'uuid' },
        { kind: 'columnAdded', subject: 'ref_entitytype', to: 'string(128)' },
      ],
    ],
    [
      'an attribute removed',
      [attribute('x', 'MemoType')],
      [],
      [{ kind: 'columnLeft', subject: 'x', from: 'text', to: null }],
    ],
    [
      'digits',
      [attribute('x', 'DecimalType', { precision: 2 })],
      [attribute('x', 'DecimalType', { precision: 4 })],
      [{ kind: 'lengthChanged', subject: 'x', from: 'decimal(2)', to: 'decimal(4)' }],
    ],
    [
      'a string beyond what has a length',
      [attribute('x', 'StringType', { maxLength: 9 })],
      [attribute('x', 'StringType', { maxLength: 5000 })],
      [{ kind: 'lengthChanged', subject: 'x', from: 'string(9)', to: 'text' }],
    ],
    [
      'another type',
      [attribute('x', 'IntegerType')],
      [attribute('x', 'DateTimeType')],
      [{ kind: 'typeChanged', subject: 'x', from: 'int', to: 'datetime' }],
    ],
    ['targets', [lookup('a')], [lookup('a', 'b')], [{ kind: 'targetsChanged', subject: 'ref', from: 'a', to: 'a, b' }]],
    [
      'an option removed',
      [choice({ value: 1, text: 'One', state: 0 })],
      [choice()],
      [{ kind: 'optionRemoved', subject: 'kind.1', from: '1033: One; state 0' }],
    ],
    [
      'an option renamed',
      [choice({ value: 1, text: 'One' })],
      [choice({ value: 1, text: 'Uno' })],
      [{ kind: 'optionRenamed', subject: 'kind.1', from: '1033: One', to: '1033: Uno' }],
    ],
    ['an image has no column', [], [attribute('picture', 'ImageType')], []],
  ])('%s', (_, before, now, expected) => {
    expect(driftOf(entity(...before), entity(...now))).toEqual(expected.map((one) => expect.objectContaining(one)));
  });

  it('knows a change of change tracking', () => {
    const untracked = { ...entity(), changeTracking: false };
    expect(driftOf(untracked, entity())).toEqual([
      { kind: 'changeTrackingChanged', subject: 'thing', from: 'false', to: 'true' },
    ]);
  });
});

describe('derived attributes', () => {
  it('are names of lookups, calculated values, rollups and formulas, and what another table holds, as party lists', () => {
    const attributes = [
      lookup('a'),
      attribute('refname', 'StringType', { attributeOf: 'ref' }),
      attribute('refyominame', 'StringType', { attributeOf: 'ref' }),
      attribute('reftype', 'EntityNameType', { attributeOf: 'ref' }),
      attribute('calculated', 'MoneyType', { sourceType: 1 }),
      attribute('rollup', 'IntegerType', { sourceType: 2 }),
      attribute('formula', 'StringType', { sourceType: 3 }),
      attribute('address1_city', 'StringType', { isLogical: true }),
      attribute('to', 'PartyListType'),
      attribute('plain', 'StringType'),
      attribute('picture', 'ImageType'),
      attribute('picture_url', 'StringType', { attributeOf: 'picture' }),
    ];
    expect(derivedAttributes(entity(...attributes)).map(({ logicalName }) => logicalName)).toEqual([
      'refname',
      'refyominame',
      'calculated',
      'rollup',
      'formula',
      'address1_city',
      'to',
    ]);
  });
});
