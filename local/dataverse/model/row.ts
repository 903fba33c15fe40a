/** Names a row; every lookup of the same row shares one object, so that a lookup costs a pointer. */
export interface Reference {
  readonly entity: string;
  readonly id: string;
}

/**
 * A stored value. Date-times are whole seconds since 1970 (Dataverse keeps no fractions); decimals, money and 64-bit
 * numbers are text where a double could not hold all their digits; a multi-select choice is `1,2`.
 */
export type Cell = string | number | boolean | Reference | null;

/** Rows are never changed in place: a change makes a new one, so that a snapshot is a list of them. */
export interface Row {
  readonly self: Reference;
  readonly version: number;
  /** By slot of the table; shorter than the table's slots where the rest is empty. */
  readonly cells: readonly Cell[];
}

export function isReference(cell: Cell | undefined): cell is Reference {
  return typeof cell === 'object' && cell !== null;
}

/** What callers give: cells by attribute; party lists are lists of references. */
export type Values = Readonly<Record<string, Cell | readonly Reference[]>>;
