import type { Clock } from '../../platform/clock/port.ts';
import type { Control } from '../port.ts';
import { memoryBells } from './bells.ts';
import { memoryCalls } from './calls.ts';
import { memoryEnvironments } from './environments.ts';
import { memoryFeeds } from './feeds.ts';
import { memoryOperations } from './operations.ts';
import { memoryOrganizations } from './organizations.ts';
import { memoryProfiles } from './profiles.ts';
import { memoryReconciliations } from './reconciliations.ts';
import { memoryRetention } from './retention.ts';
import { memorySchedules } from './schedules.ts';
import { memoryHistory } from './schema-history.ts';
import { type AtOnce, copyOf, emptyState, type Memory, type MemoryState } from './state.ts';
import { memoryWholeReads } from './whole-reads.ts';

/**
 * Awaited around each operation (`bells.ring`), so that a simulation can put other workers, or an end, between any two.
 * What it throws before an operation means that nothing happened; after it, that the answer was lost.
 */
export type Hook = (operation: string, moment: 'before' | 'after') => Promise<void> | void;

export interface MemoryControl extends Control {
  /** A copy of everything, as a backup would hold it. */
  snapshot(): MemoryState;
  /** Goes back to a copy, which can be used again. */
  restore(state: MemoryState): void;
}

/** The control database in memory: for tests and the simulation. Every operation is one step of the event loop. */
export function createMemoryControl(options: { clock: Pick<Clock, 'now'>; hook?: Hook }): MemoryControl {
  const { clock, hook } = options;
  const memory: Memory = { state: emptyState(), now: () => clock.now() };
  return {
    bells: asPort('bells', memoryBells(memory), hook),
    feeds: asPort('feeds', memoryFeeds(memory), hook),
    profiles: asPort('profiles', memoryProfiles(memory), hook),
    organizations: asPort('organizations', memoryOrganizations(memory), hook),
    retention: asPort('retention', memoryRetention(memory), hook),
    wholeReads: asPort('wholeReads', memoryWholeReads(memory), hook),
    history: asPort('history', memoryHistory(memory), hook),
    reconciliations: asPort('reconciliations', memoryReconciliations(memory), hook),
    environments: asPort('environments', memoryEnvironments(memory), hook),
    operations: asPort('operations', memoryOperations(memory), hook),
    schedules: asPort('schedules', memorySchedules(memory), hook),
    calls: asPort('calls', memoryCalls(memory), hook),
    migrate: async () => {},
    close: async () => {},
    snapshot: () => copyOf(memory.state),
    restore: (state) => {
      memory.state = copyOf(state);
    },
  };
}

type Operation = (...args: unknown[]) => unknown;

/** The only place where the types are lost: a promise is put around every method, whatever its arguments are. */
function asPort<Port extends object>(name: string, operations: AtOnce<Port>, hook?: Hook): Port {
  const methods = Object.entries(operations as Record<string, Operation>).map(([method, operation]) => {
    const run = async (...args: unknown[]) => operation(...args);
    const hooked = async (...args: unknown[]) => {
      await hook?.(`${name}.${method}`, 'before');
      const result = operation(...args);
      await hook?.(`${name}.${method}`, 'after');
      return result;
    };
    return [method, hook ? hooked : run];
  });
  return Object.fromEntries(methods) as Port;
}
