import { DATABASE_ROLES, type DatabaseRole, type PerRole } from '../../control/environment.ts';
import { type OperationPair, pairsOf, targetOf } from '../../control/operation.ts';
import type { DatabaseFacts } from '../../environment-databases/model.ts';
import type { EnvironmentDatabases } from '../../environment-databases/port.ts';
import { FreshetError } from '../../errors/error.ts';
import { eachRole, mustHaveId, onTarget } from './databases.ts';
import type { Turn } from './turn.ts';

/** The target is unavailable, and its databases refuse everybody, until both names are right again. */
export async function takeDown(turn: Turn): Promise<void> {
  const { ports } = turn;
  await turn.change(({ downAt }) => ({ downAt: downAt ?? ports.clock.now() }));
  await ports.control.environments.hold(targetOf(turn.operation), turn.operation.id);
  await onTarget(turn, (servers) => eachRole(turn, servers, async (server, { old }) => server.shut(mustHaveId(old))));
  turn.log.line('the target is unavailable');
}

/** Both or neither, each rename decided by the database's id: what an earlier turn renamed is found so, and left. */
export async function swap(turn: Turn): Promise<void> {
  await onTarget(turn, async (servers) => {
    const found = await allFour(turn, servers);
    for (const [role, { name, old, copy }] of pairsOf(turn.operation)) {
      if (found[role].old.name === name) await rename(turn, servers[role], mustHaveId(old), old.name);
      if (found[role].copy.name !== name) await rename(turn, servers[role], mustHaveId(copy), name);
    }
  });
}

/** The new databases let in whom they should. */
export async function open(turn: Turn): Promise<void> {
  await onTarget(turn, async (servers) => {
    await mustBeSwapped(turn, servers);
    await eachRole(turn, servers, async (server, { copy }) => {
      await turn.mustHold();
      await server.open(mustHaveId(copy));
    });
  });
}

/** All is as it should be: the new ones open under the names in service, the old ones aside and shut. */
export async function check(turn: Turn): Promise<void> {
  await onTarget(turn, async (servers) => {
    const found = await mustBeSwapped(turn, servers);
    for (const role of DATABASE_ROLES) {
      if (!found[role].copy.isOpen || found[role].old.isOpen)
        throw new FreshetError('SWAP_INCOMPLETE', { name: found[role].copy.name });
    }
  });
}

/** After a failure on the way: the old databases in service again, as if there had been no swap. */
export async function putBack(turn: Turn): Promise<void> {
  await onTarget(turn, async (servers) => {
    await oldOnesBack(turn, servers);
    await eachRole(turn, servers, async (server, { old }) => {
      if (old.id !== null) await server.open(old.id);
    });
  });
}

/**
 * The copies aside, then the old ones in service, each by its id; nobody is let in before all names are right. The old ones stay as
 * open or shut as they are. DATABASE_GONE: nothing is moved.
 */
export async function oldOnesBack(turn: Turn, servers: PerRole<EnvironmentDatabases>): Promise<void> {
  await eachRole(turn, servers, async (server, { old }) => {
    if (old.id !== null && !(await server.findById(old.id))) throw new FreshetError('DATABASE_GONE', { id: old.id });
  });
  await eachRole(turn, servers, async (server, { name, copy }) => {
    const found = await inService(server, name, copy.id);
    if (found) await server.shut(found.id);
  });
  await eachRole(turn, servers, async (server, { name, copy }) => {
    const found = await inService(server, name, copy.id);
    if (found) await rename(turn, server, found.id, copy.name);
  });
  await eachRole(turn, servers, async (server, { name, old }) => {
    const found = old.id === null ? null : await server.findById(old.id);
    if (found && found.name !== name) await rename(turn, server, found.id, name);
  });
}

/** The database of that id, if it bears the name in service. */
async function inService(server: EnvironmentDatabases, name: string, id: string | null): Promise<DatabaseFacts | null> {
  const found = id === null ? null : await server.findById(id);
  return found?.name === name ? found : null;
}

async function rename(turn: Turn, server: EnvironmentDatabases, id: string, name: string): Promise<void> {
  await turn.mustHold();
  await server.rename(id, name);
  turn.log.line(`the database ${id} is now ${name}`);
}

interface Found {
  readonly old: DatabaseFacts;
  readonly copy: DatabaseFacts;
}

/** SWAP_INCOMPLETE unless all four databases are there: then the way is back. */
async function allFour(turn: Turn, servers: PerRole<EnvironmentDatabases>): Promise<PerRole<Found>> {
  const find = async (role: DatabaseRole): Promise<Found> => {
    const { old, copy, name }: OperationPair = turn.operation.databases[role];
    const found = {
      old: await servers[role].findById(mustHaveId(old)),
      copy: await servers[role].findById(mustHaveId(copy)),
    };
    if (!found.old || !found.copy) throw new FreshetError('SWAP_INCOMPLETE', { name });
    return { old: found.old, copy: found.copy };
  };
  return { transactional: await find('transactional'), financialReporting: await find('financialReporting') };
}

async function mustBeSwapped(turn: Turn, servers: PerRole<EnvironmentDatabases>): Promise<PerRole<Found>> {
  const found = await allFour(turn, servers);
  for (const [role, { name, old }] of pairsOf(turn.operation)) {
    if (found[role].copy.name !== name || found[role].old.name !== old.name)
      throw new FreshetError('SWAP_INCOMPLETE', { name });
  }
  return found;
}
