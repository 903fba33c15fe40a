import type { Bells } from './bells.port.ts';
import type { Calls } from './calls.port.ts';
import type { Environments } from './environments.port.ts';
import type { Feeds } from './feeds.port.ts';
import type { Operations } from './operations.port.ts';
import type { Organizations } from './organizations.port.ts';
import type { Profiles } from './profiles.port.ts';
import type { Reconciliations } from './reconciliations.port.ts';
import type { Retention } from './retention.port.ts';
import type { Schedules } from './schedules.port.ts';
import type { SchemaHistory } from './schema-history.port.ts';
import type { WholeReads } from './whole-reads.port.ts';

/** The control database: everything Freshet knows besides the rows themselves. One instance serves one process. */
export interface Control {
  readonly bells: Bells;
  readonly feeds: Feeds;
  readonly profiles: Profiles;
  readonly organizations: Organizations;
  readonly retention: Retention;
  readonly wholeReads: WholeReads;
  readonly history: SchemaHistory;
  readonly reconciliations: Reconciliations;
  readonly environments: Environments;
  readonly operations: Operations;
  readonly schedules: Schedules;
  readonly calls: Calls;
  /** Creates or upgrades the tables, as any first call does by itself. Safe to repeat, and when several instances start at once. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}
