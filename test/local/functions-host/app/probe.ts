import { appendFileSync } from 'node:fs';

/** What handlers have seen, for the tests to look at. */
export interface Seen {
  readonly what: string;
  readonly value: unknown;
}

export const seen: Seen[] = [];

/** Kept in this process and, where a test runs the app in another one, in a file that survives it. */
export function note(what: string, value: unknown): void {
  seen.push({ what, value });
  const file = process.env.PROBE_FILE;
  if (file) appendFileSync(file, `${JSON.stringify({ what, value })}\n`);
}

export function seenOf(what: string): unknown[] {
  return seen.filter((entry) => entry.what === what).map((entry) => entry.value);
}

/** Doors that handlers wait at until a test opens them. */
const doors = new Map<string, PromiseWithResolvers<void>>();

function door(name: string): PromiseWithResolvers<void> {
  const known = doors.get(name) ?? Promise.withResolvers<void>();
  doors.set(name, known);
  return known;
}

export function waitAt(name: string): Promise<void> {
  return door(name).promise;
}

export function open(name: string): void {
  door(name).resolve();
}
