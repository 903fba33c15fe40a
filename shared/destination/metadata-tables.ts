import type { MetadataRows } from './metadata-rows.ts';

/** The metadata tables of the original (reference: destination-database.md, section 3), the same on every dialect. */

export type MetadataTable = keyof MetadataRows;

export interface MetadataColumn {
  /** As the original writes it. */
  readonly name: string;
  readonly type: 'name' | 'label' | 'code' | 'flag' | 'version' | 'moment';
  /**
   * key: tells rows apart. value: what a row says. changedAt: when the row last changed. empty: the original has it, and
   * nobody knows what for.
   */
  readonly role: 'key' | 'value' | 'changedAt' | 'empty';
  readonly required: boolean;
}

/** A table's definition, and its rows for one entity as values of its keys and values, in order. */
export interface MetadataDefinition {
  readonly columns: readonly MetadataColumn[];
  /** Rows of one entity are those of its name; rows of global option sets those of the sets' names. */
  readonly scope: 'EntityName' | 'OptionSetName';
  /** The primary key is a running number `Id`, and not what tells rows apart. */
  readonly identity: boolean;
  rows(entity: string, rows: MetadataRows): MetadataCell[][];
}

export type MetadataCell = string | number | boolean | null;

/** Characters of names (logical names are shorter), and of labels. */
export const NAME_LENGTH = 64;
export const LABEL_LENGTH = 350;

const key = (name: string, type: MetadataColumn['type']): MetadataColumn => ({
  name,
  type,
  role: 'key',
  required: true,
});
const value = (name: string, type: MetadataColumn['type'], required = false): MetadataColumn => ({
  name,
  type,
  role: 'value',
  required,
});

const ENTITY = key('EntityName', 'name');
const LABEL = [
  key('IsUserLocalizedLabel', 'flag'),
  key('LocalizedLabelLanguageCode', 'code'),
  value('LocalizedLabel', 'label'),
];
/** Readers ask for labels that are no user's own, in a language they name. */
const labelCells = ({ language, label }: { language: number; label: string }) => [false, language, label];

export const METADATA: Readonly<Record<MetadataTable, MetadataDefinition>> = {
  GlobalOptionSetMetadata: {
    columns: [key('OptionSetName', 'name'), key('Option', 'code'), ...LABEL],
    scope: 'OptionSetName',
    identity: false,
    rows: (_, rows) => rows.GlobalOptionSetMetadata.map((row) => [row.optionSet, row.option, ...labelCells(row)]),
  },
  OptionSetMetadata: {
    columns: [ENTITY, key('OptionSetName', 'name'), key('Option', 'code'), ...LABEL],
    scope: 'EntityName',
    identity: false,
    rows: (entity, rows) =>
      rows.OptionSetMetadata.map((row) => [entity, row.optionSet, row.option, ...labelCells(row)]),
  },
  StateMetadata: {
    columns: [ENTITY, key('State', 'code'), ...LABEL],
    scope: 'EntityName',
    identity: false,
    rows: (entity, rows) => rows.StateMetadata.map((row) => [entity, row.state, ...labelCells(row)]),
  },
  StatusMetadata: {
    columns: [ENTITY, key('State', 'code'), key('Status', 'code'), ...LABEL],
    scope: 'EntityName',
    identity: false,
    rows: (entity, rows) => rows.StatusMetadata.map((row) => [entity, row.state, row.status, ...labelCells(row)]),
  },
  TargetMetadata: {
    columns: [
      ENTITY,
      key('AttributeName', 'name'),
      key('ReferencedEntity', 'name'),
      value('ReferencedAttribute', 'name'),
    ],
    scope: 'EntityName',
    identity: false,
    rows: (entity, rows) => rows.TargetMetadata.map((row) => [entity, row.attribute, row.entity, row.key]),
  },
  AttributeMetadata: {
    columns: [
      ENTITY,
      key('AttributeName', 'name'),
      value('AttributeType', 'name', true),
      value('AttributeTypeCode', 'code', true),
      { name: 'Version', type: 'version', role: 'empty', required: false },
      { name: 'Timestamp', type: 'moment', role: 'changedAt', required: false },
      value('MetadataId', 'name'),
      value('Precision', 'code'),
    ],
    scope: 'EntityName',
    identity: true,
    rows: (entity, rows) =>
      rows.AttributeMetadata.map((row) => [
        entity,
        row.attribute,
        row.type,
        row.typeCode,
        row.metadataId,
        row.precision,
      ]),
  },
};

export const METADATA_TABLES = Object.keys(METADATA) as readonly MetadataTable[];

/** The columns that rows of a definition fill, in the order of their cells. */
export function filledColumns(kind: MetadataTable): MetadataColumn[] {
  return METADATA[kind].columns.filter(({ role }) => role === 'key' || role === 'value');
}

export function keyColumns(kind: MetadataTable): MetadataColumn[] {
  return METADATA[kind].columns.filter(({ role }) => role === 'key');
}

export function valueColumns(kind: MetadataTable): MetadataColumn[] {
  return METADATA[kind].columns.filter(({ role }) => role === 'value');
}

/** The column that says when a row last changed, where the table has one. */
export function changedAtColumn(kind: MetadataTable): MetadataColumn | undefined {
  return METADATA[kind].columns.find(({ role }) => role === 'changedAt');
}
