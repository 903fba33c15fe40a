import { jsonText, labelOf } from '../model/cell-text.ts';
import {
  type AttributeDefinition,
  type EntityDefinition,
  isChoice,
  isLookup,
  isSelectable,
  propertyOf,
} from '../model/definitions.ts';
import { unknownProperty } from '../model/errors.ts';
import type { Organization } from '../model/organization.ts';
import { type Cell, isReference, type Row } from '../model/row.ts';
import type { Table } from '../model/table.ts';
import { formattedValue } from './formatted-value.ts';
import { navigationOf } from './navigation.ts';
import type { Expansion } from './odata/query.ts';

export const FORMATTED_VALUE = 'OData.Community.Display.V1.FormattedValue';
export const LOOKUP_ENTITY = 'Microsoft.Dynamics.CRM.lookuplogicalname';
export const NAVIGATION = 'Microsoft.Dynamics.CRM.associatednavigationproperty';

export interface RowFormat {
  /** The JSON text of a row. */
  write(row: Row): string;
  /** The properties, as `@odata.context` lists them; empty when all were asked for. */
  readonly selected: readonly string[];
}

export interface RowWish {
  readonly select: readonly string[] | null;
  readonly expand?: readonly Expansion[];
  wants(annotation: string): boolean;
}

type Part = (row: Row) => string;

/** How rows of a table are written for one request. Throws a DataverseError for properties that do not exist. */
export function rowFormat(organization: Organization, table: Table, wish: RowWish): RowFormat {
  const { definition } = table;
  const attributes = selectedAttributes(table, wish.select);
  const parts = attributes.map((attribute) => propertyPart(organization, table, attribute, wish));
  const expansions = (wish.expand ?? []).map((one) => expansionPart(organization, table, one, wish));
  const all = [...parts, ...expansions];
  const selected = wish.select ? attributes.map(propertyOf) : [];
  return {
    selected: wish.select?.includes(definition.primaryIdAttribute)
      ? selected
      : selected.filter((name) => name !== definition.primaryIdAttribute),
    write: (row) => {
      let text = `{"@odata.etag":"W/\\"${row.version}\\""`;
      for (const part of all) text += part(row);
      return `${text}}`;
    },
  };
}

/** The attributes of a `$select`, the key always among them; all that can be selected, when there is none. */
function selectedAttributes(table: Table, select: readonly string[] | null): AttributeDefinition[] {
  const { definition } = table;
  const byProperty = selectableByProperty(table);
  if (select === null) return [...byProperty.values()];
  const chosen = select.map((name) => byProperty.get(name) ?? fail(name, definition));
  const key = byProperty.get(definition.primaryIdAttribute) as AttributeDefinition;
  return [...new Set([...chosen, key])];
}

function fail(name: string, { logicalName }: EntityDefinition): never {
  throw unknownProperty(name, logicalName);
}

/** What `$select`, `$filter` and rows know, by the name of the property. */
export function selectableByProperty(table: Table): Map<string, AttributeDefinition> {
  const { attributes } = table.definition;
  const selectable = attributes.filter((one) =>
    isSelectable(one, one.attributeOf === null ? undefined : table.attribute(one.attributeOf)),
  );
  return new Map(selectable.map((attribute) => [propertyOf(attribute), attribute]));
}

/** Reads a stored attribute without looking its slot up again for each row. */
export function cellReader(table: Table, name: string): (row: Row) => Cell {
  if (name === table.definition.primaryIdAttribute) return (row) => row.self.id;
  if (name === 'versionnumber') return (row) => row.version;
  const slot = table.slotNames.get(name);
  return slot === undefined ? () => null : (row) => row.cells[slot] ?? null;
}

function propertyPart(organization: Organization, table: Table, attribute: AttributeDefinition, wish: RowWish): Part {
  const property = propertyOf(attribute);
  const cell = cellReader(table, attribute.logicalName);
  const toText = jsonText(attribute);
  const key = `,"${property}":`;
  const isAnnotated = wish.wants(FORMATTED_VALUE) || (isLookup(attribute) && wish.wants(LOOKUP_ENTITY));
  if (!isAnnotated) return (row) => key + toText(cell(row));
  const annotations = isLookup(attribute)
    ? lookupAnnotations(organization, table.definition, attribute, property, wish)
    : formattedAnnotation(attribute, property);
  return (row) => {
    const value = cell(row);
    return (value === null ? '' : annotations(value)) + key + toText(value);
  };
}

function lookupAnnotations(
  organization: Organization,
  definition: EntityDefinition,
  attribute: AttributeDefinition,
  property: string,
  wish: RowWish,
): (cell: Cell) => string {
  const [formatted, entity, navigation] = [FORMATTED_VALUE, LOOKUP_ENTITY, NAVIGATION].map((term) =>
    wish.wants(term) ? `,"${property}@${term}":` : '',
  ) as [string, string, string];
  return (cell) => {
    if (!isReference(cell)) return '';
    const name = formatted ? organization.nameOf(cell) : null;
    return (
      (name === null ? '' : formatted + JSON.stringify(name)) +
      (navigation && `${navigation}"${navigationOf(definition, attribute, cell.entity)}"`) +
      (entity && `${entity}"${cell.entity}"`)
    );
  };
}

function formattedAnnotation(attribute: AttributeDefinition, property: string): (cell: Cell) => string {
  const key = `,"${property}@${FORMATTED_VALUE}":`;
  if (isChoice(attribute) || attribute.type === 'BooleanType') {
    return (cell) => {
      const label = labelOf(attribute, cell);
      return label === null ? '' : key + JSON.stringify(label);
    };
  }
  return (cell) => {
    const text = formattedValue(attribute, cell);
    return text === null ? '' : key + JSON.stringify(text);
  };
}

/** A lookup's row within the row that refers to it. */
function expansionPart(organization: Organization, table: Table, { property, select }: Expansion, wish: RowWish): Part {
  const { definition } = table;
  const lookups = definition.attributes.filter(isLookup);
  const found = lookups.flatMap((attribute) =>
    (attribute.targets ?? [])
      .filter((target) => navigationOf(definition, attribute, target) === property)
      .map((target) => ({ attribute, target })),
  )[0];
  const target = found && organization.findTable(found.target);
  if (!found || !target) return fail(property, definition);
  const { write } = rowFormat(organization, target, { select, wants: wish.wants });
  const cell = cellReader(table, found.attribute.logicalName);
  return (row) => {
    const reference = cell(row);
    const referred = isReference(reference) ? target.rows.get(reference.id) : undefined;
    return `,"${property}":${referred ? write(referred) : 'null'}`;
  };
}
