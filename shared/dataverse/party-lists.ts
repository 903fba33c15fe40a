import type { Cell } from './columns.ts';
import type { Attribute, EntityMetadata } from './metadata.ts';

/**
 * Rows of an activity do not show who takes part in it: that is in rows of `activityparty`, one per party and role. The
 * original's column holds one party of each list, the first.
 */

/** `participationtypemask` of the attributes that make parties of an activity. */
export const PARTY_MASKS: Readonly<Record<string, number>> = {
  from: 1,
  to: 2,
  cc: 3,
  bcc: 4,
  requiredattendees: 5,
  optionalattendees: 6,
  organizer: 7,
  regardingobjectid: 8,
  ownerid: 9,
  resources: 10,
  customers: 11,
  partners: 12,
};

const attribute = (logicalName: string, type: Attribute['type']): Attribute => ({
  logicalName,
  schemaName: logicalName,
  metadataId: null,
  type,
});

/** As much of `activityparty` as tells the first party; the same in every organization. */
export const PARTIES: EntityMetadata = {
  logicalName: 'activityparty',
  schemaName: 'ActivityParty',
  displayName: 'Activity Party',
  entitySetName: 'activityparties',
  objectTypeCode: 135,
  primaryIdAttribute: 'activitypartyid',
  primaryNameAttribute: null,
  isIntersect: false,
  isActivity: false,
  changeTracking: false,
  attributes: [
    attribute('participationtypemask', 'PicklistType'),
    attribute('activityid', 'LookupType'),
    attribute('partyid', 'LookupType'),
    attribute('versionnumber', 'BigIntType'),
  ],
  manyToMany: [],
  manyToOne: [],
  oneToMany: [],
};

export interface Party {
  readonly id: string;
  readonly activity: string;
  readonly mask: number;
  /** The record that takes part; null for an address that belongs to none. */
  readonly party: string | null;
  readonly version: bigint;
}

/** Where the party lists of an entity stand among columns of these names. */
export interface PartyCell {
  readonly cell: number;
  readonly mask: number;
}

export function partyCells({ attributes }: EntityMetadata, columns: readonly string[]): PartyCell[] {
  return attributes.flatMap(({ type, logicalName }) => {
    const mask = type === 'PartyListType' ? PARTY_MASKS[logicalName] : undefined;
    const cell = columns.indexOf(logicalName);
    return mask === undefined || cell === -1 ? [] : [{ mask, cell }];
  });
}

/** The rows with the first party of each list: of those that name a record, the one that was written first. */
export function withFirstParties(
  rows: readonly Cell[][],
  cells: readonly PartyCell[],
  parties: Iterable<Party>,
): Cell[][] {
  const first = new Map<string, Party>();
  for (const party of parties) {
    const list = `${party.activity} ${party.mask}`;
    const known = first.get(list);
    if (party.party !== null && (!known || isBefore(party, known))) first.set(list, party);
  }
  return rows.map((row) => {
    const filled = [...row];
    // An answer that names a party all the same is taken at its word.
    for (const { cell, mask } of cells) filled[cell] ??= first.get(`${row[0]} ${mask}`)?.party ?? null;
    return filled;
  });
}

function isBefore(a: Party, b: Party): boolean {
  return a.version === b.version ? a.id < b.id : a.version < b.version;
}
