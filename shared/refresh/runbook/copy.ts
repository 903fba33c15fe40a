import { sourceOf } from '../../control/operation.ts';
import { FreshetError } from '../../errors/error.ts';
import { connectionOf, eachRole, keepPair, mustFind, onTarget, ROLE_TITLES } from './databases.ts';
import type { Turn } from './turn.ts';

/** Both databases of the source, each under its random name, shut from the first second. One that stands whole is not made again. */
export async function copy(turn: Turn): Promise<void> {
  const source = await mustFind(turn.ports, sourceOf(turn.operation));
  await onTarget(turn, (servers) =>
    eachRole(turn, servers, async (server, pair, role) => {
      const connection = await connectionOf(turn.ports, source.settings.databases[role]);
      const title = ROLE_TITLES[role];
      const facts = await server.copy(
        connection,
        pair.copy.name,
        ({ doneBytes, totalBytes }) => turn.report(`copying the ${title}`, doneBytes, totalBytes),
        turn.cancelled,
      );
      await keepPair(turn, role, { copy: { ...pair.copy, id: facts.id } });
      if (facts.isOpen) throw new FreshetError('COPY_NOT_SHUT', { name: pair.copy.name });
      turn.log.line(`the copy of the ${title} is ${facts.name}, id ${facts.id}, ${facts.bytes} bytes`);
    }),
  );
}
