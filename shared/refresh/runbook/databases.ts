import type {
  DatabaseRole,
  Environment,
  EnvironmentDatabase,
  EnvironmentKey,
  PerRole,
} from '../../control/environment.ts';
import { DATABASE_ROLES } from '../../control/environment.ts';
import { type OperationPair, targetOf } from '../../control/operation.ts';
import type { EnvironmentDatabases } from '../../environment-databases/port.ts';
import { FreshetError } from '../../errors/error.ts';
import type { RefreshPorts } from '../ports.ts';
import type { Turn } from './turn.ts';

/** What people read instead of a role. */
export const ROLE_TITLES: PerRole<string> = {
  transactional: 'transactional database',
  financialReporting: 'Financial Reporting database',
};

/** ENVIRONMENT_NOT_FOUND when nobody registered it. */
export async function mustFind(ports: RefreshPorts, key: EnvironmentKey): Promise<Environment> {
  const environment = await ports.control.environments.get(key);
  if (!environment) throw new FreshetError('ENVIRONMENT_NOT_FOUND', { environmentId: key.id });
  return environment;
}

/** The connection string of a database, with the secret as it is now. */
export async function connectionOf(ports: RefreshPorts, { keyVaultUri }: EnvironmentDatabase): Promise<string> {
  return (await ports.secrets.get(keyVaultUri)).value;
}

/** The servers of a target's databases, open while the work lasts. */
export async function onTarget<T>(
  turn: Turn,
  work: (servers: PerRole<EnvironmentDatabases>, target: Environment) => Promise<T>,
): Promise<T> {
  const target = await mustFind(turn.ports, targetOf(turn.operation));
  return onServers(turn.ports, target, (servers) => work(servers, target));
}

export async function onServers<T>(
  ports: RefreshPorts,
  { settings }: Environment,
  work: (servers: PerRole<EnvironmentDatabases>) => Promise<T>,
): Promise<T> {
  const opened: EnvironmentDatabases[] = [];
  const open = async (role: DatabaseRole) => {
    const server = await ports.open(await connectionOf(ports, settings.databases[role]));
    opened.push(server);
    return server;
  };
  try {
    return await work({
      transactional: await open('transactional'),
      financialReporting: await open('financialReporting'),
    });
  } finally {
    // What cannot be used may refuse to be closed, too.
    for (const server of opened) await server.close().catch(() => undefined);
  }
}

/** The same work on each role's server, one after the other. */
export async function eachRole(
  { operation }: Turn,
  servers: PerRole<EnvironmentDatabases>,
  work: (server: EnvironmentDatabases, pair: OperationPair, role: DatabaseRole) => Promise<void>,
): Promise<void> {
  for (const role of DATABASE_ROLES) await work(servers[role], operation.databases[role], role);
}

/** DATABASE_GONE when no id was noted: then it was never there. */
export function mustHaveId({ id, name }: { readonly id: string | null; readonly name: string }): string {
  if (id === null) throw new FreshetError('DATABASE_GONE', { id: name });
  return id;
}

/** Keeps what became known of one role's pair. */
export function keepPair(turn: Turn, role: DatabaseRole, change: Partial<OperationPair>): Promise<void> {
  return turn.change(({ databases }) => ({
    databases: { ...databases, [role]: { ...databases[role], ...change } },
  }));
}
