import { type Column, exportColumns } from './columns.ts';
import type { Attribute, EntityMetadata, Option } from './metadata.ts';

/** One way in which a definition changed, as far as a destination shows it. */
export interface SchemaChange {
  readonly kind: SchemaChangeKind;
  /** The column, `<attribute>.<option>` or, of the entity as a whole, its name. */
  readonly subject: string;
  /** What it was and what it is, null for what is not there. Labels and types, never values of records. */
  readonly from: string | null;
  readonly to: string | null;
}

export type SchemaChangeKind =
  | 'columnAdded'
  /** The attribute is gone; its column stays. */
  | 'columnLeft'
  | 'typeChanged'
  | 'lengthChanged'
  /** A value was longer than its column, which was widened. */
  | 'valueOutgrew'
  | 'optionAdded'
  | 'optionRemoved'
  | 'optionRenamed'
  | 'targetsChanged'
  | 'changeTrackingChanged'
  /** Rows and table stay as they are. */
  | 'entityRemoved';

/** What is different between two definitions of one entity, in the order of the columns. */
export function driftOf(before: EntityMetadata, now: EntityMetadata): SchemaChange[] {
  return [
    ...columnChanges(columnsOf(before), columnsOf(now)),
    ...attributeChanges(before, now),
    ...changed('changeTrackingChanged', now.logicalName, String(before.changeTracking), String(now.changeTracking)),
  ];
}

function columnsOf(entity: EntityMetadata): Map<string, Column> {
  return new Map(exportColumns(entity).map((column) => [column.name, column]));
}

function columnChanges(before: ReadonlyMap<string, Column>, now: ReadonlyMap<string, Column>): SchemaChange[] {
  const kept = [...now].flatMap(([name, column]) => {
    const was = before.get(name);
    if (!was) return changed('columnAdded', name, null, typeText(column));
    const kind = familyOf(was) === familyOf(column) ? 'lengthChanged' : 'typeChanged';
    return changed(kind, name, typeText(was), typeText(column));
  });
  const left = [...before.values()].filter(({ name }) => !now.has(name));
  return [...kept, ...left.flatMap((column) => changed('columnLeft', column.name, typeText(column), null))];
}

const familyOf = ({ type }: Column): string => (type === 'text' ? 'string' : type);

const typeText = ({ type, length, scale }: Column): string =>
  length === undefined && scale === undefined ? type : `${type}(${length ?? scale})`;

function attributeChanges(before: EntityMetadata, now: EntityMetadata): SchemaChange[] {
  const known = new Map(before.attributes.map((attribute) => [attribute.logicalName, attribute]));
  return now.attributes.flatMap((attribute) => {
    const was = known.get(attribute.logicalName);
    if (!was) return [];
    return [
      ...optionChanges(attribute.logicalName, was.options ?? [], attribute.options ?? []),
      ...changed('targetsChanged', attribute.logicalName, targetsOf(was), targetsOf(attribute)),
    ];
  });
}

function optionChanges(attribute: string, before: readonly Option[], now: readonly Option[]): SchemaChange[] {
  const known = new Map(before.map((option) => [option.value, option]));
  const left = new Set(now.map(({ value }) => value));
  const subject = (value: number) => `${attribute}.${value}`;
  return [
    ...now.flatMap((option) => {
      const was = known.get(option.value);
      return was
        ? changed('optionRenamed', subject(option.value), labelsOf(was), labelsOf(option))
        : changed('optionAdded', subject(option.value), null, labelsOf(option));
    }),
    ...before
      .filter(({ value }) => !left.has(value))
      .flatMap((option) => changed('optionRemoved', subject(option.value), labelsOf(option), null)),
  ];
}

const targetsOf = ({ targets }: Attribute): string | null => targets?.join(', ') ?? null;

/** All languages, so that a label that was translated anew counts as renamed. */
const labelsOf = ({ labels, state }: Option): string =>
  [
    ...labels.map(({ languageCode, text }) => `${languageCode}: ${text}`),
    ...(state === undefined ? [] : [`state ${state}`]),
  ].join('; ');

function changed(kind: SchemaChangeKind, subject: string, from: string | null, to: string | null): SchemaChange[] {
  return from === to ? [] : [{ kind, subject, from, to }];
}
