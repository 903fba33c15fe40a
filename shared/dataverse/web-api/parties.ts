import { type Cell, exportColumns } from '../columns.ts';
import { PARTIES, type Party } from '../party-lists.ts';

/** Where the cells of a row of `activityparty` stand. */
const COLUMNS = exportColumns(PARTIES).map(({ name }) => name);
const at = (name: string): number => COLUMNS.indexOf(name);
const [ID, ACTIVITY, PARTY, MASK, VERSION] = [
  0,
  at('activityid'),
  at('partyid'),
  at('participationtypemask'),
  at('versionnumber'),
];

export function partyOf(row: readonly Cell[]): Party {
  const party = row[PARTY] ?? null;
  return {
    id: String(row[ID]),
    activity: String(row[ACTIVITY]),
    mask: Number(row[MASK]),
    party: party === null ? null : String(party),
    version: BigInt(row[VERSION] ?? 0),
  };
}
