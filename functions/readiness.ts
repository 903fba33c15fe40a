import { isFreshetError } from '../shared/errors/error.ts';
import { RETRIES_CONTAINER } from '../shared/export/apply/retry-blobs.ts';
import { UNKNOWN_FAILURES_CONTAINER } from '../shared/export/failures/folders.ts';
import { PAGES_CONTAINER } from '../shared/export/pages.ts';
import type { ExportPorts } from '../shared/export/ports.ts';
import { unservedProfiles } from '../shared/export/profiles/unserved.ts';
import { RUNBOOK_CONTAINER } from '../shared/refresh/runbook/log.ts';

/** A message that only proves that the queue takes and delivers one. */
export const isProof = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'proof' in message;

/** What must have answered before the app is ready; each once. */
const CHECKS = {
  control: async ({ control }) => control.migrate(),
  storage: async ({ blobs, encryption }) => {
    // A data key that cannot be had keeps pages from being stored.
    await encryption.seal(new Uint8Array());
    const names = [PAGES_CONTAINER, RETRIES_CONTAINER, UNKNOWN_FAILURES_CONTAINER, RUNBOOK_CONTAINER];
    await Promise.all(names.map((name) => blobs.ensureContainer(name)));
  },
  queues: async ({ queues }) =>
    Promise.all((['reads', 'applies'] as const).map((queue) => queues.send(queue, [{ body: { proof: true } }]))),
} satisfies Record<string, (ports: ExportPorts) => Promise<unknown>>;

type Check = keyof typeof CHECKS;
const NAMES = Object.keys(CHECKS) as Check[];

/** What anybody may know: `ok` or an error's code for each check, and counters once all is well. */
export interface Health {
  readonly status: 200 | 503;
  readonly jsonBody: {
    readonly status: 'ready' | 'unavailable';
    readonly checks: Readonly<Record<Check, string>>;
    readonly counters: Readonly<Record<string, number>>;
  };
}

/** Told why a check failed, for the log: errors name hosts and quote databases, which is nothing for anonymous callers. */
export type Report = (check: Check, error: unknown) => void;

/** Asks what is not known to be well, one round at a time, however many ask. Never rejects. */
export function makeHealth(portsOf: () => ExportPorts): (report: Report) => Promise<Health> {
  const passed = new Set<Check>();
  let under: Promise<Health> | null = null;

  async function round(report: Report): Promise<Health> {
    const checks = { control: 'ok', storage: 'ok', queues: 'ok' };
    const attempt = async (name: Check, work: (ports: ExportPorts) => Promise<unknown>) => {
      try {
        await work(portsOf());
        passed.add(name);
      } catch (error) {
        checks[name] = isFreshetError(error) ? error.code : 'UNEXPECTED';
        report(name, error);
      }
    };
    await Promise.all(NAMES.filter((name) => !passed.has(name)).map((name) => attempt(name, CHECKS[name])));
    let counters = {};
    if (passed.size === NAMES.length) {
      await attempt('control', async (ports) => {
        const { length: unserved } = await unservedProfiles(ports);
        counters = { ...(await ports.control.organizations.counters()), 'profiles.unserved': unserved };
      });
    }
    const ready = NAMES.every((name) => checks[name] === 'ok');
    return { status: ready ? 200 : 503, jsonBody: { status: ready ? 'ready' : 'unavailable', checks, counters } };
  }

  return (report) => {
    under ??= round(report).finally(() => {
      under = null;
    });
    return under;
  };
}
