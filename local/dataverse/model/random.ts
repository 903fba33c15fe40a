import { randomUUID } from 'node:crypto';

/** A number in [0, 1). */
export type Random = () => number;

/** Mulberry32: small, fast and good enough to draw histories from. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const hex32 = (random: Random) =>
  Math.floor(random() * 4_294_967_296)
    .toString(16)
    .padStart(8, '0');

/** UUIDs drawn from a random source. */
export function seededIds(random: Random): () => string {
  return () => {
    const [a, b, c, d] = [hex32(random), hex32(random), hex32(random), hex32(random)];
    return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
  };
}

export const realIds = (): string => randomUUID();

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** An integer in [from, to]. */
export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}
