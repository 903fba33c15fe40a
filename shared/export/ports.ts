import type { Profile } from '../control/model.ts';
import type { Control } from '../control/port.ts';
import type { Source } from '../dataverse/port.ts';
import type { Registration } from '../dataverse/registration.port.ts';
import type { Destination } from '../destination/port.ts';
import type { Blobs } from '../platform/blobs/port.ts';
import type { Clock, NewId } from '../platform/clock/port.ts';
import type { Encryption } from '../platform/encryption/port.ts';
import type { Log } from '../platform/log/port.ts';
import type { Queues } from '../platform/queues/port.ts';
import type { Definitions } from './definitions.ts';
import type { PagesAtHand } from './pages-at-hand.ts';

/** An organization that this installation serves. */
export interface Organization {
  readonly id: string;
  /** The address, ending in `/`. */
  readonly url: string;
  readonly tenantId: string;
}

/** All that the export needs of the world. functions/compose.ts and the simulation each make one. */
export interface ExportPorts {
  readonly control: Control;
  readonly organizations: ReadonlyMap<string, Organization>;
  readonly sourceOf: (organizationId: string) => Source;
  readonly definitions: Definitions;
  readonly registrationOf: (organizationId: string) => Registration;
  readonly destinations: Destinations;
  readonly blobs: Blobs;
  /** Of pages and retries; failures stay readable. */
  readonly encryption: Encryption;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  /** Bytes of pages and rows that this process may hold at once. */
  readonly memory: MemoryBudget;
  readonly atHand: PagesAtHand;
  readonly options: ExportOptions;
}

/** Opens a profile's destination from its secret, and keeps it open between turns. */
export interface Destinations {
  /** Reads the secret again and connects anew when the profile carries another intent than before. */
  of(profile: Profile): Promise<Destination>;
  /** The next `of` reads the secret again and connects anew, too: after a fault. */
  forget(profileId: string): Promise<void>;
  /** Opens the destination of a profile, be it only about to be made, with the secret as it is now; closed when the visit ends. */
  visit<T>(profile: Profile, work: (destination: Destination) => Promise<T>): Promise<T>;
  /** VAULT_URL_REFUSED when no secret may be asked for at this address. Asks nobody. */
  checkAddress(keyVaultUri: string): void;
}

export interface MemoryBudget {
  /** Waits until `bytes` are free, in the order asked; more than the whole budget is granted alone. */
  reserve(bytes: number): Promise<{ release(): void }>;
  /** Null when they are not free now. For whoever holds some already: waiting for more could wait for itself. */
  tryReserve(bytes: number): { release(): void } | null;
}

export interface ExportOptions {
  /** Between two probes of a destination that cannot be used. */
  readonly probeMs: number;
  /** Pages older than this are deleted even if some profile has not applied them: it is resynchronized when it resumes. */
  readonly retentionMs: number;
  /** Requests a day that the sweep may cause over all organizations. */
  readonly sweepRequestsPerDay: number;
  /** Between two refreshes of values that change without a version (names of lookups, formulas, rollups); null: never. */
  readonly refreshMs: number | null;
  /** Between two reconciliations of a profile by schedule; null: only on demand. */
  readonly reconcileMs: number | null;
  /** Between two full reads of an entity whose changes cannot be read. */
  readonly wholeReadMs: number;
}
