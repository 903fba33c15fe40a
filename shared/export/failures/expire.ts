import type { ExportPorts } from '../ports.ts';
import { FAILURES_PREFIX, profileOfFailures, UNKNOWN_FAILURES_CONTAINER } from './folders.ts';

/** The original's time. Failed records themselves stay as long as they are failed, and can be tried again. */
export const FAILURES_KEPT_MS = 30 * 86_400_000;

/** Removes failures, by all their folders, that were written longer ago. */
export async function removeOldFailures(ports: ExportPorts): Promise<void> {
  const before = ports.clock.now() - FAILURES_KEPT_MS;
  for await (const { name: container } of ports.blobs.containers(FAILURES_PREFIX)) {
    if (container !== UNKNOWN_FAILURES_CONTAINER && profileOfFailures(container) === null) continue;
    for await (const { name, writtenAt } of ports.blobs.list(container))
      if (writtenAt < before) await ports.blobs.remove(container, name);
  }
}
