import { isExported, isLookup } from './columns.ts';
import type { Attribute, EntityMetadata } from './metadata.ts';

/** The attributes whose value changes without a new version of their row, so that no change ever brings it. */
export function derivedAttributes({ attributes }: EntityMetadata): Attribute[] {
  const byName = new Map(attributes.map((attribute) => [attribute.logicalName, attribute]));
  return attributes.filter(
    (attribute) => isExported(attribute) && (isComputed(attribute) || isNameOfLookup(attribute, byName)),
  );
}

/**
 * Calculated, rolled up or a formula; or kept in another table, as are the parties of an activity: those whose record is
 * deleted lose it without a change of the activity.
 */
function isComputed({ type, sourceType = 0, isLogical = false }: Attribute): boolean {
  return sourceType !== 0 || isLogical || type === 'PartyListType';
}

/** The name of the row that a lookup points to, which is renamed without this row. */
function isNameOfLookup({ type, attributeOf = '' }: Attribute, byName: ReadonlyMap<string, Attribute>): boolean {
  const of = byName.get(attributeOf);
  return type === 'StringType' && of !== undefined && isLookup(of);
}
