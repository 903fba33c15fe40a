import type { AttributeDefinition, EntityDefinition, OptionDefinition } from '../model/definitions.ts';
import { invalidValue } from '../model/errors.ts';
import { readOptions } from '../model/json.ts';
import { readAttribute, withDerived } from '../model/read-attribute.ts';

/** The definition with an attribute more, in the compact or the long form. */
export function withAttribute(definition: EntityDefinition, source: unknown): EntityDefinition {
  const added = readAttribute(definition.logicalName, source);
  if (definition.attributes.some(({ logicalName }) => logicalName === added.logicalName))
    throw invalidValue(`${definition.logicalName} has an attribute ${added.logicalName} already.`);
  return { ...definition, attributes: withDerived([...definition.attributes, added]) };
}

export function withoutAttribute(definition: EntityDefinition, name: string): EntityDefinition {
  const attribute = attributeOf(definition, name);
  if (name === definition.primaryIdAttribute) throw invalidValue('The primary key cannot be removed.');
  return {
    ...definition,
    attributes: definition.attributes.filter((one) => one !== attribute && one.attributeOf !== name),
  };
}

/** The definition with a text that may be longer. */
export function withLength(definition: EntityDefinition, name: string, maxLength: number): EntityDefinition {
  attributeOf(definition, name);
  return withChanged(definition, name, (attribute) => ({ ...attribute, maxLength }));
}

export function withOption(definition: EntityDefinition, name: string, source: unknown): EntityDefinition {
  const [option] = readOptions([source]) as [OptionDefinition];
  const { options = [] } = attributeOf(definition, name);
  if (options.some(({ value }) => value === option.value))
    throw invalidValue(`${name} has an option ${option.value} already.`);
  return withChanged(definition, name, (attribute) => ({ ...attribute, options: [...options, option] }));
}

function attributeOf({ attributes, logicalName }: EntityDefinition, name: string): AttributeDefinition {
  const attribute = attributes.find((one) => one.logicalName === name);
  if (!attribute) throw invalidValue(`${logicalName} has no attribute ${name}.`);
  return attribute;
}

function withChanged(
  definition: EntityDefinition,
  name: string,
  change: (attribute: AttributeDefinition) => AttributeDefinition,
): EntityDefinition {
  const attributes = definition.attributes.map((one) => (one.logicalName === name ? change(one) : one));
  return { ...definition, attributes };
}
