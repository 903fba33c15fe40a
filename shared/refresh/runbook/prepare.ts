import { targetOf } from '../../control/operation.ts';
import { FreshetError } from '../../errors/error.ts';
import { comingAdministrator } from '../administrator.ts';
import { eachRole, keepPair, mustHaveId, onTarget, ROLE_TITLES } from './databases.ts';
import type { Turn } from './turn.ts';

/** The ids of the databases that are in service: from here on nothing is told by its name. */
export async function begin(turn: Turn): Promise<void> {
  const { ports } = turn;
  if (ports.options.unavailableThroughout)
    await ports.control.environments.hold(targetOf(turn.operation), turn.operation.id);
  await onTarget(turn, (servers) =>
    eachRole(turn, servers, async (server, { name, old }, role) => {
      const found = await server.find(name);
      if (!found) throw new FreshetError('TARGET_DATABASE_MISSING', { name });
      await keepPair(turn, role, { old: { ...old, id: found.id } });
      turn.log.line(`the ${ROLE_TITLES[role]} in service is ${name}, id ${found.id}, ${found.bytes} bytes`);
    }),
  );
}

/** The user `Admin` of the copy becomes the target's administrator, and the tenant is his. ADMIN_MISSING: nobody could use the target. */
export async function administrator(turn: Turn): Promise<void> {
  await onTarget(turn, async (servers, { settings }) => {
    const { copy } = turn.operation.databases.transactional;
    const { id: _, ...account } = comingAdministrator(settings);
    const done = await servers.transactional.resetAdministrator(mustHaveId(copy), account);
    if (done === 'absent') throw new FreshetError('ADMIN_MISSING');
    turn.log.line(
      done === 'reset'
        ? `Admin is ${account.alias} (${account.domain}), and enabled; the tenant is ${account.tenantId}`
        : `there is no table of users in the copy; the tenant is ${account.tenantId}`,
    );
  });
}

/** Takes the progress of the scrub and whatever else the runbook needed out of the copies. */
export async function finish(turn: Turn): Promise<void> {
  await onTarget(turn, (servers) =>
    eachRole(turn, servers, async (server, { copy }) => server.finish(mustHaveId(copy))),
  );
}

/** The target's own users, as its databases have them now; they enter when the copies are opened. */
export async function users(turn: Turn): Promise<void> {
  await onTarget(turn, (servers) =>
    eachRole(turn, servers, async (server, { old, copy }, role) => {
      await server.giveAccess(mustHaveId(copy), await server.access(mustHaveId(old)));
      turn.log.line(`the users of the ${ROLE_TITLES[role]} have their access in the copy`);
    }),
  );
}
