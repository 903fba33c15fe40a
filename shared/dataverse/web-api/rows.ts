import { type Cell, type Column, exportColumns, isLookup } from '../columns.ts';
import type { Attribute, EntityMetadata } from '../metadata.ts';
import { numberText } from '../number-text.ts';
import { Unreadable } from './unreadable.ts';

/** A row as the Web API gives it: properties, and annotations named `<property>@<term>`. */
export type WebApiRow = Readonly<Record<string, unknown>>;

/** How rows of an entity are asked for, and made into cells. */
export interface RowShape {
  readonly columns: readonly string[];
  /** The properties to select. */
  readonly properties: readonly string[];
  /** The terms of the annotations that the cells need. */
  readonly annotations: readonly string[];
  /** True when a number may have more digits than a double holds. */
  readonly hasLongNumbers: boolean;
  /** Throws Unreadable. */
  cells(row: WebApiRow): Cell[];
}

export const LOOKUP_ENTITY = 'Microsoft.Dynamics.CRM.lookuplogicalname';
export const FORMATTED_VALUE = 'OData.Community.Display.V1.FormattedValue';

/** Where a column's value is found in a row. */
interface Place {
  readonly column: Column;
  /** The property to select; null when rows have none. */
  readonly property: string | null;
  readonly annotation?: string;
  /** The key of the row's value. */
  readonly key: string;
  /** The entity of a lookup without an annotation. */
  readonly onlyTarget?: string;
}

type Read = (row: WebApiRow) => Cell;

/**
 * The shape for all columns of an entity, or for those that a link selects: what an earlier definition did not ask for is
 * no column of its pages.
 */
export function rowShape(entity: EntityMetadata, selected?: ReadonlySet<string>): RowShape {
  if (selected) return makeShape(entity, selected);
  const known = wholeShapes.get(entity) ?? makeShape(entity);
  wholeShapes.set(entity, known);
  return known;
}

/** Each read needs the shape, and definitions last longer than reads. */
const wholeShapes = new WeakMap<EntityMetadata, RowShape>();

function makeShape(entity: EntityMetadata, selected?: ReadonlySet<string>): RowShape {
  const attributes = new Map(entity.attributes.map((attribute) => [attribute.logicalName, attribute]));
  const places = exportColumns(entity)
    .map((column) => placeOf(column, attributes))
    .filter(({ property }, index) => index === 0 || !selected || property === null || selected.has(property));
  const reads = places.map(readOf);
  const types = new Set(places.map(({ column }) => column.type));
  return {
    columns: places.map(({ column }) => column.name),
    properties: distinct(places.map(({ property }) => property)),
    annotations: distinct(places.map(({ annotation }) => annotation)),
    hasLongNumbers: types.has('bigint') || types.has('decimal'),
    cells: (row) => reads.map((read) => read(row)),
  };
}

/** The shape of a read of keys alone. */
export function keyShape(entity: EntityMetadata): RowShape {
  return rowShape({ ...entity, attributes: [] });
}

function placeOf(column: Column, attributes: ReadonlyMap<string, Attribute>): Place {
  const attribute = attributes.get(column.attribute);
  if (!attribute) return { column, property: column.attribute, key: column.attribute };
  if (attribute.isValidODataAttribute === false || attribute.type === 'PartyListType') {
    return derivedPlace(column, attribute, attributes.get(attribute.attributeOf ?? ''));
  }
  if (isLookup(attribute)) return lookupPlace(column, attribute);
  return { column, property: attribute.logicalName, key: attribute.logicalName };
}

function lookupPlace(column: Column, { logicalName, targets }: Attribute): Place {
  const property = `_${logicalName}_value`;
  if (!column.isEntityType) return { column, property, key: property };
  const place = { column, property, annotation: LOOKUP_ENTITY, key: `${property}@${LOOKUP_ENTITY}` };
  return targets?.length === 1 ? { ...place, onlyTarget: targets[0] } : place;
}

/** `owneridtype` and `owneridname` are what is annotated to `_ownerid_value`; the phonetic name is annotated nowhere. */
function derivedPlace(column: Column, attribute: Attribute, of: Attribute | undefined): Place {
  const nowhere = { column, property: null, key: column.attribute };
  if (!of || !isLookup(of) || column.attribute.endsWith('yominame')) return nowhere;
  const property = `_${of.logicalName}_value`;
  const annotation = attribute.type === 'EntityNameType' ? LOOKUP_ENTITY : FORMATTED_VALUE;
  return { column, property, annotation, key: `${property}@${annotation}` };
}

function readOf({ column, key, property, onlyTarget }: Place): Read {
  // The parties of an activity are rows of their own; an answer that names one all the same is taken at its word.
  if (property === null) return (row) => (typeof row[key] === 'string' ? row[key] : null);
  const convert = CONVERSIONS[column.type];
  const read: Read = (row) => {
    const value = row[key];
    return value === null || value === undefined ? null : convert(value, column.name);
  };
  if (onlyTarget === undefined) return read;
  return (row) => read(row) ?? (row[property] ? onlyTarget : null);
}

const CONVERSIONS: Readonly<Record<Column['type'], (value: unknown, column: string) => Cell>> = {
  uuid: (value, column) => (typeof value === 'string' ? value.toLowerCase() : unreadable(value, column)),
  int: (value, column) => (typeof value === 'number' ? value : unreadable(value, column)),
  bit: (value, column) => (typeof value === 'boolean' ? value : unreadable(value, column)),
  bigint: exactNumber,
  decimal: exactNumber,
  datetime: (value, column) => (typeof value === 'string' ? instantText(value) : unreadable(value, column)),
  string: plainText,
  text: plainText,
};

function exactNumber(value: unknown, column: string): Cell {
  const isNumeric = typeof value === 'number' || typeof value === 'string';
  return (isNumeric ? numberText(value) : null) ?? unreadable(value, column);
}

/** ISO text in UTC. A value that is no date is left as it is: the destination refuses that record and says why. */
function instantText(value: string): string {
  if (value.endsWith('Z')) return value;
  if (value.length === 10) return `${value}T00:00:00Z`;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? value : new Date(ms).toISOString();
}

/** A multi-select choice is `1,2` already; should it come as a list, it becomes so. */
function plainText(value: unknown, column: string): Cell {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? value.join(',') : unreadable(value, column);
}

function unreadable(value: unknown, column: string): never {
  throw new Unreadable(`column ${column} holds ${Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`}`);
}

function distinct(names: readonly (string | null | undefined)[]): string[] {
  return [...new Set(names.filter((name) => typeof name === 'string'))];
}
