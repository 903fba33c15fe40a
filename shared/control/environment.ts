import { isDeepStrictEqual } from 'node:util';
import type { Administrator } from '../environment-databases/model.ts';

/** Names an environment. Ids are GUIDs or 32 hexadecimal digits, and mean the same in either form. */
export interface EnvironmentKey {
  readonly projectId: number;
  readonly id: string;
}

/** An environment's id as it is compared: lower-case, without hyphens. */
export const idKey = (id: string): string => id.toLowerCase().replaceAll('-', '');

export type EnvironmentKind = 'production' | 'sandbox' | 'developer';

export const DATABASE_ROLES = ['transactional', 'financialReporting'] as const;
export type DatabaseRole = (typeof DATABASE_ROLES)[number];
export type PerRole<T> = Readonly<Record<DatabaseRole, T>>;

export interface EnvironmentDatabase {
  /** On its server. */
  readonly name: string;
  /** The address of the secret with the connection string under which the runbook enters. */
  readonly keyVaultUri: string;
  /** Bytes it may grow to; null: its server's room alone limits it. */
  readonly maxBytes: number | null;
}

/** The account that a refresh makes the user `Admin`. */
export interface EnvironmentAdministrator extends Administrator {
  readonly id: string;
}

/** Servicing done by others, such as a package deployment, as it was told to the registry. */
export interface Servicing {
  readonly activityId: string;
  readonly name: string;
  /** As the original's pages name it, e.g. `ApplicationHotfix`, and what they show for it. */
  readonly type: string;
  readonly typeDisplay: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly status: string;
  /** Nothing may follow it before somebody has signed it off. */
  readonly awaitsSignOff: boolean;
}

/** What is registered of an environment. Null: not told. Moments in ms since 1970 UTC. */
export interface EnvironmentSettings {
  readonly name: string;
  readonly kind: EnvironmentKind;
  readonly infrastructure: 'CustomerManaged' | 'MicrosoftManaged' | 'SelfService';
  readonly group: 'Primary' | 'DisasterRecovery';
  readonly product: string;
  readonly topology: string | null;
  readonly endpointUrl: string | null;
  readonly region: string;
  readonly disasterRecoveryRegion: string | null;
  readonly tenantId: string;
  readonly deployedAt: number | null;
  readonly deploymentState: string;
  readonly deploymentStatus: string;
  /** E.g. `10.0.21`, `8.1`. */
  readonly applicationRelease: string;
  readonly applicationBuild: string | null;
  /** E.g. 45 for platform update 45. */
  readonly platformUpdate: number;
  readonly platformVersion: string | null;
  /** Of `MRApplicationService`. */
  readonly financialReportingVersion: string;
  readonly administrator: EnvironmentAdministrator;
  /** What its web.config says, where somebody told. */
  readonly webConfigAdministrator: EnvironmentAdministrator | null;
  /** Retail functionality is in use: steps follow a refresh. */
  readonly retail: boolean;
  readonly databases: PerRole<EnvironmentDatabase>;
  /** Addresses of its other secrets: SQL and machine credentials. */
  readonly secrets: readonly string[];
  /** Where a database synchronization is asked for; null: none follows a refresh. */
  readonly synchronizationUrl: string | null;
  readonly servicing: readonly Servicing[];
}

/** What an operation works with, from its checks to its sign-off. */
const RELIED_ON = [
  'kind',
  'tenantId',
  'administrator',
  'webConfigAdministrator',
  'retail',
  'databases',
  'synchronizationUrl',
] as const satisfies readonly (keyof EnvironmentSettings)[];

/** Whether an operation that began with `one` may go on with `other`. */
export function isSameToOperations(one: EnvironmentSettings, other: EnvironmentSettings): boolean {
  return RELIED_ON.every((part) => isDeepStrictEqual(one[part], other[part]));
}

export interface Environment extends EnvironmentKey {
  readonly settings: EnvironmentSettings;
  /** False: somebody stopped it. */
  readonly started: boolean;
  /** The operation for which it is unavailable. */
  readonly heldBy: string | null;
}

export type Availability = 'available' | 'unavailable' | 'stopped';

export function availabilityOf({ started, heldBy }: Pick<Environment, 'started' | 'heldBy'>): Availability {
  if (heldBy !== null) return 'unavailable';
  return started ? 'available' : 'stopped';
}
