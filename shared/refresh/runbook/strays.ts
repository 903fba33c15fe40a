import type { RefreshPorts } from '../ports.ts';

/** Longer than any pause between two turns of a step. */
const STRAY_MS = 120_000;
const STRAYS_MAX = 100;

/**
 * Operations with something to do that nobody comes for: a request that died before it was answered, an orchestration that was
 * lost. Whoever drives operations takes them on again; where somebody does after all, the turns see to it.
 */
export async function strayOperations(ports: RefreshPorts): Promise<string[]> {
  const strays = await ports.control.operations.stray(ports.clock.now() - STRAY_MS, STRAYS_MAX);
  return strays.map(({ id }) => id);
}
