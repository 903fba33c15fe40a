/**
 * The version that a change-tracking token stands for: `919042!08/22/2017 08:10:44` begins with it (reference: dataverse.md,
 * section 2.2). Null for a token of another form. Versions of one organization only grow.
 */
export function tokenVersion(token: string | null): bigint | null {
  if (token === null) return null;
  const version = /^(\d{1,19})(?:!|%21)/i.exec(token)?.[1];
  return version === undefined ? null : BigInt(version);
}

/** The organization went back in time between two tokens. Tokens that cannot be read tell nothing. */
export function wentBack(before: string | null, now: string | null): boolean {
  const [first, second] = [tokenVersion(before), tokenVersion(now)];
  return first !== null && second !== null && second < first;
}
