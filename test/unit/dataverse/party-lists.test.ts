import { describe, expect, it } from 'vitest';
import { type Party, partyCells, withFirstParties } from '../../../shared/dataverse/party-lists.ts';
import { attribute, entityMetadata } from './entity.ts';

const party = (rest: Partial<Party>): Party => ({ id: 'p', activity: 'a', mask: 2, party: 'x', version: 1n, ...rest });

describe('the first party of a list', () => {
  const cells = [{ cell: 1, mask: 2 }];

  it('is the one written first, whatever the order of the answer', () => {
    const parties = [
      party({ id: 'p1', party: 'second', version: 11n }),
      party({ id: 'p2', party: 'first', version: 9n }),
    ];
    for (const answer of [parties, parties.toReversed()])
      expect(withFirstParties([['a', null]], cells, answer)).toEqual([['a', 'first']]);
  });

  it('is one that names a record: an address that belongs to none has no id', () => {
    const parties = [party({ party: null, version: 1n }), party({ party: 'known', version: 2n })];
    expect(withFirstParties([['a', null]], cells, parties)).toEqual([['a', 'known']]);
  });

  it('is of its own list and activity', () => {
    const parties = [party({ mask: 1 }), party({ activity: 'b' })];
    expect(withFirstParties([['a', null]], cells, parties)).toEqual([['a', null]]);
  });

  it('gives way to one that the row itself names', () => {
    expect(withFirstParties([['a', 'own']], cells, [party({})])).toEqual([['a', 'own']]);
  });
});

describe('the party lists of an entity', () => {
  const entity = entityMetadata('call', [attribute('to', 'PartyListType'), attribute('from', 'PartyListType')]);

  it('are filled where a page has their columns, and nowhere in a page of keys', () => {
    expect(partyCells(entity, ['callid', 'from', 'to'])).toEqual([
      { mask: 2, cell: 2 },
      { mask: 1, cell: 1 },
    ]);
    expect(partyCells(entity, ['callid'])).toEqual([]);
  });
});
