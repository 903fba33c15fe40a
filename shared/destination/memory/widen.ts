import type { Column } from '../../dataverse/columns.ts';
import { FreshetError } from '../../errors/error.ts';

/** The definition that holds what both hold; DESTINATION_SCHEMA_CHANGED when there is none. */
export function widenColumn(table: string, held: Column | undefined, wanted: Column): Column {
  if (!held) return wanted;
  if (familyOf(held) !== familyOf(wanted)) {
    throw new FreshetError('DESTINATION_SCHEMA_CHANGED', {
      text: `column ${wanted.name} of table ${table} is ${held.type} and has to be ${wanted.type}`,
    });
  }
  return widthOf(wanted) > widthOf(held) ? wanted : held;
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
