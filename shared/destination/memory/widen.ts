import type { Column } from '../../dataverse/columns.ts';
import type { MemoryTable } from './database.ts';

/** The definition that holds what both hold; null when there is none. */
export function widenColumn(held: Column | undefined, wanted: Column): Column | null {
  if (!held) return wanted;
  if (familyOf(held) !== familyOf(wanted)) return null;
  return widthOf(wanted) > widthOf(held) ? wanted : held;
}

/** Gives a column another name; its values go along. */
export function setAside({ columns, rows }: MemoryTable, name: string): void {
  const column = columns.get(name);
  const aside = asideName(columns, name);
  if (column) columns.set(aside, { ...column, name: aside });
  columns.delete(name);
  for (const [id, row] of rows) {
    const { [name]: value = null, ...cells } = row.cells;
    rows.set(id, { ...row, cells: { ...cells, [name]: null, [aside]: value } });
  }
}

/** `<name>_was`, `<name>_was2` and so on: the first that is free. */
function asideName(columns: ReadonlyMap<string, Column>, name: string): string {
  for (let number = 1; ; number++) {
    const aside = `${name}_was${number === 1 ? '' : number}`;
    if (!columns.has(aside)) return aside;
  }
}

function familyOf({ type }: Column): string {
  if (type === 'text') return 'string';
  return type === 'bigint' ? 'int' : type;
}

function widthOf({ type, length = Number.POSITIVE_INFINITY, scale = 0 }: Column): number {
  switch (type) {
    case 'string':
      return length;
    case 'text':
      return Number.POSITIVE_INFINITY;
    case 'int':
      return 32;
    case 'bigint':
      return 64;
    case 'decimal':
      return scale;
    default:
      return 0;
  }
}
