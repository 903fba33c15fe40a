import type { CallLimit } from '../calls.port.ts';

/** Whether all limits admit one more call now, and what is counted under their keys from then on, the oldest first. */
export function admitted(
  limits: readonly CallLimit[],
  counted: ReadonlyMap<string, readonly number[]>,
  now: number,
): { readonly waitMs: number; readonly moments: ReadonlyMap<string, readonly number[]> } {
  const recent = new Map(
    limits.map(({ key, windowMs }) => [key, (counted.get(key) ?? []).filter((at) => at > now - windowMs)] as const),
  );
  const waits = limits.map(({ key, max, windowMs }) => {
    const decisive = recent.get(key)?.at(-max);
    return decisive === undefined ? 0 : decisive + windowMs - now;
  });
  const waitMs = Math.max(0, ...waits);
  if (waitMs > 0) return { waitMs, moments: recent };
  return { waitMs, moments: new Map([...recent].map(([key, moments]) => [key, [...moments, now]])) };
}
