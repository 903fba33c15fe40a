import { setTimeout as pause } from 'node:timers/promises';

/** Asks `condition` again and again, a little slower each time, until it holds; false when `withinMs` have passed before. */
export async function until(condition: () => Promise<boolean> | boolean, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 200)) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await pause(waitMs);
  }
}
