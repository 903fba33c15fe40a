interface Text {
  readonly languageCode: number;
  readonly text: string;
}

/** A label in all its languages; without any it has no label of the user either. */
export function labelJson(texts: readonly Text[], metadataId: string): object {
  const labels = texts.map(({ languageCode, text }) => ({
    Label: text,
    LanguageCode: languageCode,
    IsManaged: true,
    MetadataId: metadataId,
    HasChanged: null,
  }));
  return { LocalizedLabels: labels, UserLocalizedLabel: labels[0] ?? null };
}

/** A managed property, always in this form. */
export function managed(value: unknown, name: string): object {
  return { Value: value, CanBeChanged: true, ManagedPropertyLogicalName: name };
}
