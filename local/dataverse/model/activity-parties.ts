import { PARTY_MASKS } from '../../../shared/dataverse/party-lists.ts';
import { isReference, type Reference, type Row, type Values } from './row.ts';
import type { Table } from './table.ts';

export interface PartyList {
  readonly mask: number;
  readonly members: readonly Reference[];
}

/** The parties that a change of an activity sets: one list for each attribute that was given; a new one's owner is a party too. */
export function partiesOf(table: Table, row: Row, values: Values, isNew: boolean): PartyList[] {
  return Object.entries(PARTY_MASKS).flatMap(([name, mask]) => {
    const attribute = table.attribute(name);
    const given = values[name];
    if (!attribute || (given === undefined && !(isNew && name === 'ownerid'))) return [];
    if (attribute.type === 'PartyListType')
      return Array.isArray(given) ? [{ mask, members: given as Reference[] }] : [];
    const cell = table.cell(row, name);
    return [{ mask, members: isReference(cell) ? [cell] : [] }];
  });
}
