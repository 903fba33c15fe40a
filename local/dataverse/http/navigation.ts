import { type AttributeDefinition, type EntityDefinition, isCustomName, isLookup } from '../model/definitions.ts';

/**
 * The navigation property of a lookup: its name (a custom one's schema name, in its own case), with the entity behind it
 * where it may refer to several.
 */
export function navigationOf(definition: EntityDefinition, attribute: AttributeDefinition, target: string): string {
  const name = isCustomName(attribute.logicalName) ? attribute.schemaName : attribute.logicalName;
  const targets = attribute.targets ?? [];
  if (attribute.type === 'OwnerType' || targets.length <= 1) return name;
  const ending =
    definition.isActivity && attribute.logicalName === 'regardingobjectid' ? `_${definition.logicalName}` : '';
  return `${name}_${target}${ending}`;
}

/** The lookup behind a navigation property, and the entity that it says; null for a name that is none. */
export function lookupOf(
  definition: EntityDefinition,
  property: string,
): { readonly attribute: AttributeDefinition; readonly target: string | null } | null {
  for (const attribute of definition.attributes.filter(isLookup)) {
    const name = isCustomName(attribute.logicalName) ? attribute.schemaName : attribute.logicalName;
    if (property === name)
      return { attribute, target: attribute.targets?.length === 1 ? (attribute.targets[0] ?? null) : null };
    if (!property.startsWith(`${name}_`)) continue;
    const target = attribute.targets?.find((one) =>
      [`${name}_${one}`, `${name}_${one}_${definition.logicalName}`].includes(property),
    );
    if (target) return { attribute, target };
  }
  return null;
}
