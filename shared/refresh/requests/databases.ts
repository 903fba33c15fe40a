import { type DatabaseRole, idKey } from '../../control/environment.ts';
import { type Operation, pairsOf } from '../../control/operation.ts';
import type { RefreshPorts } from '../ports.ts';

/** An old database that an operation keeps until its sign-off: the point to which a rollback leads back. */
export interface KeptDatabase {
  readonly operation: Operation;
  readonly role: DatabaseRole;
  /** Under which it was in service. */
  readonly serviceName: string;
  /** Its id and name on its server now. */
  readonly id: string;
  readonly name: string;
  /** When it was last in service, ms since 1970 UTC. */
  readonly keptAt: number;
}

/** The restore points of a project: what operations that are not signed off put aside. */
export async function keptDatabases(ports: RefreshPorts, projectId: number): Promise<KeptDatabase[]> {
  const environments = await ports.control.environments.list(projectId);
  const kept: KeptDatabase[] = [];
  for (const environment of environments) {
    const operations = await ports.control.operations.locking(environment);
    const own = operations.filter(({ targetId }) => idKey(targetId) === idKey(environment.id));
    kept.push(...own.flatMap(keptBy));
  }
  return kept;
}

/** Before the target went down there is nothing aside. */
function keptBy(operation: Operation): KeptDatabase[] {
  const { downAt } = operation;
  if (downAt === null || isPutBack(operation)) return [];
  return pairsOf(operation).flatMap(([role, { name, old }]) =>
    old.id === null ? [] : [{ operation, role, serviceName: name, id: old.id, name: old.name, keptAt: downAt }],
  );
}

/** A failure on the way through the swap ended with the old databases in service. */
const isPutBack = ({ state, failure }: Operation): boolean =>
  state === 'Failed' && failure !== null && ['takeDown', 'swap', 'open'].includes(failure.step);
