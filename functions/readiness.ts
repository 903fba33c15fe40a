import { RETRIES_CONTAINER } from '../shared/export/apply/retry-blobs.ts';
import { UNKNOWN_FAILURES_CONTAINER } from '../shared/export/failures/folders.ts';
import { PAGES_CONTAINER } from '../shared/export/pages.ts';
import type { ExportPorts } from '../shared/export/ports.ts';
import { theApp } from './app.ts';

/** A message that only proves that the queue takes and delivers one. */
export const isProof = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'proof' in message;

/** What must have answered before the app is ready; each once. */
const CHECKS: Record<string, (ports: ExportPorts) => Promise<unknown>> = {
  control: async ({ control }) => control.migrate(),
  storage: async ({ blobs }) =>
    Promise.all(
      [PAGES_CONTAINER, RETRIES_CONTAINER, UNKNOWN_FAILURES_CONTAINER].map((name) => blobs.ensureContainer(name)),
    ),
  queues: async ({ queues }) =>
    Promise.all((['reads', 'applies'] as const).map((queue) => queues.send(queue, [{ body: { proof: true } }]))),
};

const passed = new Set<string>();
let under: Promise<Record<string, string>> | null = null;

/** The state of each check: `ok`, or why it has not passed. One round at a time, however many ask. */
export function readiness(): Promise<Record<string, string>> {
  under ??= round().finally(() => {
    under = null;
  });
  return under;
}

async function round(): Promise<Record<string, string>> {
  const states = await Promise.all(
    Object.entries(CHECKS).map(async ([name, check]) => {
      if (passed.has(name)) return [name, 'ok'];
      try {
        await check(theApp().ports);
        passed.add(name);
        return [name, 'ok'];
      } catch (error) {
        return [name, error instanceof Error ? error.message : String(error)];
      }
    }),
  );
  return Object.fromEntries(states);
}
