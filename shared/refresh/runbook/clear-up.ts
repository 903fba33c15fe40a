import type { PerRole } from '../../control/environment.ts';
import { targetOf } from '../../control/operation.ts';
import type { EnvironmentDatabases } from '../../environment-databases/port.ts';
import { FreshetError } from '../../errors/error.ts';
import { eachRole, mustHaveId, onTarget, ROLE_TITLES } from './databases.ts';
import type { Turn } from './turn.ts';

/** The target is as it was: available, and no copy is left. */
export async function discard(turn: Turn): Promise<void> {
  await dropCopies(turn);
  await release(turn);
}

export async function release(turn: Turn): Promise<void> {
  await turn.ports.control.environments.release(targetOf(turn.operation), turn.operation.id);
  turn.log.line('the target is available');
}

/** By id, or by its random name where a copy broke off before its id was known. Never one in service. */
export async function dropCopies(turn: Turn): Promise<void> {
  await onTarget(turn, (servers) =>
    eachRole(turn, servers, async (server, { name, copy }, role) => {
      const found = (copy.id && (await server.findById(copy.id))) || (await server.find(copy.name));
      if (!found) return;
      if (found.name === name) throw new FreshetError('DATABASE_IN_SERVICE', { name });
      await turn.mustHold();
      await server.drop(found.id);
      turn.log.line(`the copy of the ${ROLE_TITLES[role]} is dropped`);
    }),
  );
}

/** After the sign-off nobody asks for them again. */
export async function dropOld(turn: Turn): Promise<void> {
  await onTarget(turn, async (servers) => {
    await newOnesMustStand(turn, servers);
    await eachRole(turn, servers, async (server, { old }, role) => {
      await turn.mustHold();
      await server.drop(mustHaveId(old));
      turn.log.line(`the old ${ROLE_TITLES[role]} is dropped`);
    });
  });
}

/** The last look before there is no way back. */
async function newOnesMustStand(turn: Turn, servers: PerRole<EnvironmentDatabases>): Promise<void> {
  await eachRole(turn, servers, async (server, { name, old }) => {
    const found = await server.findById(mustHaveId(old));
    if (found?.name === name) throw new FreshetError('DATABASE_IN_SERVICE', { name });
  });
}
