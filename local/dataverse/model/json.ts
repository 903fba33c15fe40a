import type { OptionDefinition } from './definitions.ts';
import { invalidValue } from './errors.ts';

export type Json = Readonly<Record<string, unknown>>;

export function asRecord(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidValue(`${what} is expected.`);
  return value as Json;
}

/** A list, or the `value` of an OData answer. */
export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const wrapped = typeof value === 'object' && value !== null ? (value as Json).value : undefined;
  return Array.isArray(wrapped) ? wrapped : [];
}

/** The value of a managed property or of a named value (`{Value: …}`), or the thing itself. */
export function unwrapped(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'Value' in value ? value.Value : value;
}

export function optionalText(json: Json, key: string): string | null {
  const value = unwrapped(json[key]);
  return typeof value === 'string' && value !== '' ? value : null;
}

export function textOf(json: Json, key: string): string {
  const text = optionalText(json, key);
  if (text === null) throw invalidValue(`${key} is missing in ${JSON.stringify(json).slice(0, 120)}.`);
  return text;
}

export function optionalNumber(json: Json, key: string): number | undefined {
  const value = unwrapped(json[key]);
  return typeof value === 'number' ? value : undefined;
}

/** Labels of the long form, or the one text of the compact form (English). */
export function labelsOf(label: unknown): { languageCode: number; text: string }[] {
  if (typeof label === 'string') return [{ languageCode: 1033, text: label }];
  if (typeof label !== 'object' || label === null) return [];
  const json = label as Json;
  const labels = asList(json.LocalizedLabels).length > 0 ? asList(json.LocalizedLabels) : [json.UserLocalizedLabel];
  return labels.flatMap((one) => {
    const { Label: text, LanguageCode: languageCode } = (one ?? {}) as Json;
    return typeof text === 'string'
      ? [{ languageCode: typeof languageCode === 'number' ? languageCode : 1033, text }]
      : [];
  });
}

/** The options of a choice: a list, `{Options: […]}` or `{TrueOption, FalseOption}`. */
export function readOptions(source: unknown): OptionDefinition[] {
  if (typeof source === 'object' && source !== null && 'TrueOption' in source)
    return readOptions([(source as Json).FalseOption, (source as Json).TrueOption].filter(Boolean));
  const list = Array.isArray(source) ? source : asList((source as Json | null)?.Options);
  return list.map((item) => {
    const json = asRecord(item, 'an option');
    const value = optionalNumber(json, 'Value');
    if (value === undefined) throw invalidValue('An option lacks its Value.');
    const state = optionalNumber(json, 'State');
    const defaultStatus = optionalNumber(json, 'DefaultStatus');
    const invariantName = optionalText(json, 'InvariantName');
    return {
      value,
      labels: labelsOf(json.Label),
      ...(state === undefined ? {} : { state }),
      ...(defaultStatus === undefined ? {} : { defaultStatus }),
      ...(invariantName === null ? {} : { invariantName }),
    };
  });
}
