/** What the `Prefer` header asks for. */
export interface Preferences {
  readonly maxPageSize: number;
  readonly trackChanges: boolean;
  readonly returnRepresentation: boolean;
  /** Whether an annotation of this name is wanted. */
  wants(annotation: string): boolean;
  /** The value of `Preference-Applied`; empty when nothing was asked for. */
  readonly applied: string;
}

/** The service gives no more, whatever is asked for. */
export const PAGE_MAX_ROWS = 5000;

export function parsePreferences(header: string | undefined): Preferences {
  const parts = (header ?? '').match(/[^,"\s=]+(?:=(?:"[^"]*"|[^,"\s]*))?/g) ?? [];
  const values = new Map(parts.map((part) => [part.split('=')[0] as string, part.slice(part.indexOf('=') + 1)]));
  const size = Number(values.get('odata.maxpagesize') ?? PAGE_MAX_ROWS);
  const annotations = (values.get('odata.include-annotations') ?? '').replaceAll('"', '').split(',').filter(Boolean);
  return {
    maxPageSize: size >= 1 ? Math.min(Math.floor(size), PAGE_MAX_ROWS) : PAGE_MAX_ROWS,
    trackChanges: values.has('odata.track-changes'),
    returnRepresentation: values.get('return') === 'representation',
    wants: wanting(annotations),
    applied: parts.filter((part) => /^odata\.|^return=representation/.test(part)).join(','),
  };
}

function wanting(patterns: readonly string[]): (annotation: string) => boolean {
  return (annotation) =>
    patterns.some((pattern) =>
      pattern.endsWith('*') ? annotation.startsWith(pattern.slice(0, -1)) : annotation === pattern,
    );
}
