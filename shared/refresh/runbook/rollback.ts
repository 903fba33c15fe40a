import { targetOf } from '../../control/operation.ts';
import { eachRole, keepPair, onTarget, ROLE_TITLES } from './databases.ts';
import { oldOnesBack } from './swap.ts';
import type { Turn } from './turn.ts';

/** Nobody works in a database that is about to go. */
export async function rollbackTakeDown(turn: Turn): Promise<void> {
  await turn.ports.control.environments.hold(targetOf(turn.operation), turn.operation.id);
  turn.log.line('the target is unavailable');
}

/** Where somebody dropped an old database, the server restores it as it was before the swap, under the name it was put aside. */
export async function restore(turn: Turn): Promise<void> {
  await onTarget(turn, (servers) =>
    eachRole(turn, servers, async (server, { old }, role) => {
      const { id, name } = old;
      if (id === null || (await server.findById(id))) return;
      await turn.mustHold();
      const { downAt, createdAt } = turn.operation;
      const restored = (await server.find(name)) ?? (await server.restore({ id, name }, downAt ?? createdAt, name));
      await keepPair(turn, role, { old: { id: restored.id, name } });
      turn.log.line(`the old ${ROLE_TITLES[role]} was gone and is restored, id ${restored.id}`);
    }),
  );
}

/** Names back, by id; then the old databases let in whom they did. */
export async function swapBack(turn: Turn): Promise<void> {
  await onTarget(turn, async (servers) => {
    await oldOnesBack(turn, servers);
    await eachRole(turn, servers, async (server, { old }) => {
      if (old.id === null) return;
      await turn.mustHold();
      await server.open(old.id);
    });
  });
}
