import { readdirSync } from 'node:fs';
import type { Parts } from '../running.ts';

/** What `GET /_control` shows. */
export function statusOf({ site, outbox, notifier, stream, statesFolder }: Parts): object {
  const { organization, faults, statistics } = site;
  const { identity, version, bound, metadataVersion, variants, retentionMs } = organization;
  const counts = organization.tables().map(({ definition, rows }) => [definition.logicalName, rows.size] as const);
  return {
    identity,
    version,
    bound,
    metadataVersion,
    variants,
    retentionDays: retentionMs / 86_400_000,
    rows: Object.fromEntries(counts),
    stream: stream.status(),
    notifications: { ...notifier.status(), outbox: outbox.status() },
    faults: faults.settings,
    requests: statistics.summary(),
    states: savedStates(statesFolder),
  };
}

function savedStates(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sqlite'))
    .map((file) => file.slice(0, -'.sqlite'.length));
}
