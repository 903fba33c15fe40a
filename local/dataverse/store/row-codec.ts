import { type Cell, isReference, type Reference } from '../model/row.ts';

/** Cells as JSON text; a reference is a list of two. */
export function encodeCells(cells: readonly Cell[]): string {
  return JSON.stringify(cells.map((cell) => (isReference(cell) ? [cell.entity, cell.id] : cell)));
}

/** Reads what `encodeCells` wrote; references of one row become one object again. */
export function cellDecoder(referenceOf: (entity: string, id: string) => Reference): (text: string) => Cell[] {
  return (text) => {
    const cells = JSON.parse(text) as (Cell | [string, string])[];
    for (let at = 0; at < cells.length; at++) {
      const cell = cells[at];
      if (Array.isArray(cell)) cells[at] = referenceOf(cell[0], cell[1]);
    }
    return cells as Cell[];
  };
}

/** One object for each reference. */
export function referencePool(): (entity: string, id: string) => Reference {
  const pool = new Map<string, Reference>();
  return (entity, id) => {
    const known = pool.get(id);
    if (known?.entity === entity) return known;
    const reference = { entity, id };
    pool.set(id, reference);
    return reference;
  };
}
