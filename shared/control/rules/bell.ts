import { PENDING_MAX_MS } from '../bells.port.ts';

/** Somebody looks, and will see every ring. */
export function isLive(bell: { readonly owner: string | null; readonly leaseUntil: number }, now: number): boolean {
  return bell.owner !== null && bell.leaseUntil > now;
}

/** A message is on its way: also one that is to arrive later. */
export function isPending({ pendingAt }: { readonly pendingAt: number | null }, now: number): boolean {
  return pendingAt !== null && pendingAt > now - PENDING_MAX_MS;
}

/** The older of two moments, of which either may be unknown. */
export function older(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
