import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which systems take the ports of outgoing connections (32768 on Linux, 49152 elsewhere). */
const RANGE = { first: 20_000, last: 32_000 };
const ATTEMPTS = 200;

/**
 * The first of `count` ports in a row that are free on 127.0.0.1 now. They are looked at, not held: another program may
 * take one before its user binds it; the choice is random, so that runs side by side seldom meet.
 */
export async function findFreePorts(count: number): Promise<number> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const first = randomInt(RANGE.first, RANGE.last - count);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} ports in a row are free between ${RANGE.first} and ${RANGE.last}`);
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
