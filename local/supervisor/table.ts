import path from 'node:path';
import { placeOf } from '../databases/server.ts';
import type { PartState } from './part.ts';
import type { Installation } from './start-all.ts';

type Row = readonly [what: string, where: string, part?: string];

/** What a person wants to know once all parts serve. */
export function describeInstallation(installation: Installation): string {
  const { addresses, organizations, databases } = installation;
  const { functions, dataverse, serviceBus, keyVault, postgres, azurite, identity, synchronization, folder } =
    addresses;
  const rows: Row[] = [
    ['Freshet', `${functions}/`, 'functions'],
    ['Dataverse', `${dataverse}/`, 'dataverse'],
    ...organizations.map(({ id, tenantId }): Row => ['', `organization ${id}, tenant ${tenantId}`]),
    ['Service Bus', serviceBus.connectionString, 'service-bus'],
    ['', `queues ${serviceBus.queues.join(', ')}`],
    ['Key Vault', keyVault.url, 'key-vault'],
    ['', `${keyVault.destinationSecret} is the destination's URL`],
    ['PostgreSQL', `${postgres.control} (control)`, 'postgres'],
    ['', `${postgres.destination} (destination)`],
    ...elsewhere(databases.control, postgres.control, 'control'),
    ...elsewhere(databases.destination, postgres.destination, 'destination'),
    ['Storage', `${azurite.blob} (blobs), ${azurite.queue} (queues), ${azurite.table} (tables)`, 'azurite'],
    ['Tokens', `${identity}/token`, 'identity'],
    ['', `curl ${identity}/token -H 'Content-Type: application/json' -d '{"roles":["SystemAdministrator"]}'`],
    ['Synchronizer', `${synchronization}/ (database synchronization of the environments)`, 'synchronization'],
    ['Data, logs', `${path.relative(process.cwd(), folder) || folder}/`],
  ];
  return layOut(rows, installation.states());
}

/** A database of somebody else's server: where it is, and nothing of how to get in. */
function elsewhere(given: string, local: string, what: string): Row[] {
  if (given === local) return [];
  const { host, port } = placeOf(given);
  return [['', `${host}:${port} instead (${what})`]];
}

/** Rows of parts that do not run are left out, with those that go on about them. */
function layOut(rows: readonly Row[], states: readonly PartState[]): string {
  const lines: string[] = [];
  let shown = true;
  for (const [what, where, part] of rows) {
    const state = states.find(({ name }) => name === part);
    if (what !== '') shown = part === undefined || state !== undefined;
    if (shown) lines.push(`  ${what.padEnd(13)}${(state ? `pid ${state.pid}` : '').padEnd(13)}${where}`);
  }
  return lines.join('\n');
}
