import { z } from 'zod';
import { inColumnOrder, isLookup } from '../columns.ts';
import type { Attribute, AttributeType, Label, Option } from '../metadata.ts';
import { checked } from './unreadable.ts';

const text = z.string().nullish();
const number = z.number().nullish();
const flag = z.boolean().nullish();
const named = z.object({ Value: text }).nullish();
const label = z.object({ Label: text, LanguageCode: number });
/** A text in the languages of the organization. */
export const labels = z.object({ LocalizedLabels: z.array(label).nullish(), UserLocalizedLabel: label.nullish() });

const option = z.object({ Value: z.number(), State: number, Label: labels.nullish() });

const optionSet = z
  .object({
    Name: text,
    IsGlobal: flag,
    Options: z.array(option).nullish(),
    TrueOption: option.nullish(),
    FalseOption: option.nullish(),
  })
  .nullish();

const attribute = z.object({
  LogicalName: z.string(),
  SchemaName: text,
  MetadataId: text,
  '@odata.type': text,
  AttributeType: text,
  AttributeTypeName: named,
  AttributeOf: text,
  IsValidForRead: flag,
  IsValidODataAttribute: flag,
  MaxLength: number,
  Precision: number,
  Targets: z.array(z.string()).nullish(),
  Format: text,
  FormatName: named,
  DateTimeBehavior: named,
  SourceType: number,
  CalculationOf: text,
  IsLogical: flag,
  OptionSet: optionSet,
  GlobalOptionSet: optionSet,
});

type Answer = z.infer<typeof attribute>;
type OptionSet = z.infer<typeof optionSet>;

/**
 * The attributes that the Web API's answers describe; what several answers say of one attribute is taken together. Throws
 * Unreadable.
 */
export function readAttributes(answers: readonly unknown[]): Attribute[] {
  const byName = new Map<string, Answer>();
  for (const answer of answers) {
    const part = checked(attribute, answer);
    byName.set(part.LogicalName, { ...byName.get(part.LogicalName), ...part });
  }
  const attributes = [...byName.values()].map((answer) =>
    isProperty(answer, byName)
      ? attributeOf(answer)
      : { ...attributeOf(answer), isValidODataAttribute: false as const },
  );
  return inColumnOrder(attributes);
}

/** Whether rows show the attribute. Where the answer does not say: they do not show the name and type of a lookup's record. */
function isProperty(answer: Answer, all: ReadonlyMap<string, Answer>): boolean {
  if (answer.IsValidForRead === false) return false;
  const of = all.get(answer.AttributeOf ?? '');
  return answer.IsValidODataAttribute ?? !(of && isLookup({ type: typeNameOf(of) }));
}

/** The name of an attribute's type: the only one that tells multi-select choices, images and files apart. */
export function typeNameOf(answer: unknown): AttributeType {
  const { AttributeTypeName, AttributeType: kind, '@odata.type': cast } = answer as Partial<Answer>;
  if (AttributeTypeName?.Value) return AttributeTypeName.Value as AttributeType;
  const castName = /(\w+)AttributeMetadata$/.exec(cast ?? '')?.[1];
  return `${kind === 'Virtual' ? (castName ?? kind) : (kind ?? castName)}Type` as AttributeType;
}

/** The label that people see: the caller's language, else the first. */
export function displayText(answer: z.infer<typeof labels> | null | undefined): string | null {
  return answer?.UserLocalizedLabel?.Label ?? answer?.LocalizedLabels?.[0]?.Label ?? null;
}

function attributeOf(answer: Answer): Attribute {
  const format = answer.Format || answer.FormatName?.Value;
  const behavior = answer.DateTimeBehavior?.Value;
  return {
    logicalName: answer.LogicalName,
    schemaName: answer.SchemaName ?? answer.LogicalName,
    metadataId: answer.MetadataId ?? null,
    type: typeNameOf(answer),
    ...(typeof answer.MaxLength === 'number' && { maxLength: answer.MaxLength }),
    ...(typeof answer.Precision === 'number' && { precision: answer.Precision }),
    ...(answer.Targets && { targets: answer.Targets }),
    ...optionsOf(answer),
    ...(format && { format }),
    ...(behavior && { dateTimeBehavior: behavior }),
    ...(answer.AttributeOf && { attributeOf: answer.AttributeOf }),
    ...(answer.SourceType && { sourceType: answer.SourceType }),
    ...(answer.CalculationOf && { calculationOf: answer.CalculationOf }),
    ...(answer.IsLogical && { isLogical: true }),
  };
}

function optionsOf({
  OptionSet: own,
  GlobalOptionSet: global,
}: Answer): Pick<Attribute, 'options' | 'globalOptionSet'> {
  const options = listed(own) ?? listed(global);
  const name = global?.Name ?? (own?.IsGlobal ? own.Name : null);
  return { ...(options && { options }), ...(name && { globalOptionSet: name }) };
}

function listed(set: OptionSet): Option[] | null {
  const options = set?.Options ?? (set ? [set.FalseOption, set.TrueOption] : []);
  const found = options.filter((one) => one !== null && one !== undefined);
  if (found.length === 0) return null;
  return found.map(({ Value: value, State: state, Label: texts }) => ({
    value,
    ...(typeof state === 'number' && { state }),
    labels: (texts?.LocalizedLabels ?? []).flatMap(labelOf),
  }));
}

function labelOf({ Label: labelText, LanguageCode: languageCode }: z.infer<typeof label>): Label[] {
  return labelText && typeof languageCode === 'number' ? [{ languageCode, text: labelText }] : [];
}
