import type { Attribute, AttributeType, EntityMetadata } from './metadata.ts';

/** One value of a row as pages carry it: JSON, dates as ISO text in UTC, 64-bit and decimal numbers as text. */
export type Cell = string | number | boolean | null;

/** One column of an exported entity; the destination gives it a type of its dialect. */
export interface Column {
  /** Lower-case name in the destination, and in pages. */
  readonly name: string;
  readonly type: ColumnType;
  /** `string`: UTF-16 units. */
  readonly length?: number;
  /** `decimal`: digits after the point. */
  readonly scale?: number;
  /** `datetime`: the destination has steps of 1/300 s alone. */
  readonly coarse?: true;
  /** Where the value comes from: an attribute, or the entity that a lookup of it points to. */
  readonly attribute: string;
  readonly isEntityType?: true;
}

export type ColumnType = 'uuid' | 'int' | 'bigint' | 'bit' | 'decimal' | 'datetime' | 'string' | 'text';

/** The longest text that the original gave a length; beyond it SQL Server has only nvarchar(max). */
const STRING_MAX_UNITS = 4000;
const ENTITY_TYPE_UNITS = 128;

/** Column groups in the original's order (reference: destination-database.md, section 2). */
const GROUPS: readonly (readonly AttributeType[])[] = [
  ['StateType'],
  ['StatusType'],
  ['PicklistType'],
  ['BooleanType'],
  ['LookupType', 'CustomerType', 'OwnerType'],
  ['MoneyType'],
  ['PartyListType'],
];

/** Type, and length or scale, per attribute type; a type that is not here has no column. */
const TYPES: Partial<Record<AttributeType, (attribute: Attribute) => Pick<Column, 'type' | 'length' | 'scale'>>> = {
  StateType: () => ({ type: 'int' }),
  StatusType: () => ({ type: 'int' }),
  PicklistType: () => ({ type: 'int' }),
  IntegerType: () => ({ type: 'int' }),
  BooleanType: () => ({ type: 'bit' }),
  BigIntType: () => ({ type: 'bigint' }),
  LookupType: () => ({ type: 'uuid' }),
  CustomerType: () => ({ type: 'uuid' }),
  OwnerType: () => ({ type: 'uuid' }),
  PartyListType: () => ({ type: 'uuid' }),
  UniqueidentifierType: () => ({ type: 'uuid' }),
  DateTimeType: () => ({ type: 'datetime' }),
  MoneyType: ({ precision, logicalName }) => ({
    type: 'decimal',
    scale: precision ?? (logicalName.endsWith('_base') ? 4 : 2),
  }),
  DoubleType: ({ precision }) => ({ type: 'decimal', scale: precision ?? 5 }),
  DecimalType: ({ precision }) => ({ type: 'decimal', scale: precision ?? 10 }),
  StringType: ({ maxLength }) => textOf(maxLength),
  MemoType: () => ({ type: 'text' }),
  EntityNameType: () => ({ type: 'string', length: STRING_MAX_UNITS }),
  MultiSelectPicklistType: () => ({ type: 'string', length: STRING_MAX_UNITS }),
};

/**
 * The columns of an entity's rows, the primary key first: pages carry their cells in this order. Virtual, image and file
 * attributes have none.
 */
export function exportColumns(entity: EntityMetadata): readonly Column[] {
  const known = columnsOfEntity.get(entity) ?? makeColumns(entity);
  columnsOfEntity.set(entity, known);
  return known;
}

/** A turn asks for them many times, and definitions last longer than turns. */
const columnsOfEntity = new WeakMap<EntityMetadata, readonly Column[]>();

function makeColumns(entity: EntityMetadata): Column[] {
  const key = { name: entity.primaryIdAttribute, type: 'uuid', attribute: entity.primaryIdAttribute } as const;
  const others = entity.attributes
    .filter((attribute) => attribute.logicalName !== entity.primaryIdAttribute)
    .toSorted((a, b) => groupOf(a) - groupOf(b))
    .flatMap(columnsOf);
  return [...new Map([key, ...others].map((column) => [column.name, column])).values()];
}

/**
 * The same columns as a new table has them, beyond `Id` and the two sink columns: in the original's order, where the primary
 * key is one among everything else.
 */
export function columnsOfNewTable(entity: EntityMetadata): Column[] {
  const places = new Map(inColumnOrder(entity.attributes).map(({ logicalName }, place) => [logicalName, place]));
  const placeOf = ({ attribute }: Column) => places.get(attribute) ?? 0;
  return exportColumns(entity).toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Attributes as a definition keeps them: in the order of their columns, within a group by name; so equal definitions are equal. */
export function inColumnOrder(attributes: readonly Attribute[]): Attribute[] {
  return attributes.toSorted((a, b) => groupOf(a) - groupOf(b) || (a.logicalName < b.logicalName ? -1 : 1));
}

/** True for an attribute whose value pages can carry. */
export function isExported(attribute: Attribute): boolean {
  return attribute.type in TYPES;
}

function columnsOf(attribute: Attribute): Column[] {
  const type = TYPES[attribute.type]?.(attribute);
  if (!type) return [];
  const name = attribute.logicalName.toLowerCase();
  const column: Column = { name, ...type, attribute: attribute.logicalName };
  if (!isLookup(attribute)) return [column];
  return [
    column,
    {
      name: `${name}_entitytype`,
      type: 'string',
      length: ENTITY_TYPE_UNITS,
      attribute: attribute.logicalName,
      isEntityType: true,
    },
  ];
}

export function isLookup({ type }: Pick<Attribute, 'type'>): boolean {
  return type === 'LookupType' || type === 'CustomerType' || type === 'OwnerType';
}

function groupOf({ type }: Attribute): number {
  const group = GROUPS.findIndex((types) => types.includes(type));
  return group === -1 ? GROUPS.length : group;
}

function textOf(maxLength = STRING_MAX_UNITS): Pick<Column, 'type' | 'length'> {
  return maxLength > STRING_MAX_UNITS ? { type: 'text' } : { type: 'string', length: maxLength };
}
