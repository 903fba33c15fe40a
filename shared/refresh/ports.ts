import type { Control } from '../control/port.ts';
import type { OpenDatabases } from '../environment-databases/port.ts';
import type { ScrubRules } from '../environment-databases/scrub-rules.ts';
import type { Blobs } from '../platform/blobs/port.ts';
import type { Clock, NewId } from '../platform/clock/port.ts';
import type { Log } from '../platform/log/port.ts';
import type { Secrets } from '../platform/secrets/port.ts';
import type { Synchronization } from '../platform/synchronization/port.ts';

/** All that the refresh needs of the world. functions/compose.ts and the simulation each make one. */
export interface RefreshPorts {
  readonly control: Pick<Control, 'environments' | 'operations' | 'schedules' | 'calls'>;
  readonly open: OpenDatabases;
  readonly secrets: Secrets;
  readonly synchronization: Synchronization;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  /** What an operation that begins now scrubs by. */
  readonly rules: ScrubRules;
  readonly options: RefreshOptions;
}

export interface RefreshOptions {
  /** Triggering calls within 24 hours, over all projects. */
  readonly limit: number;
  /** The target may have another tenant than the source; it follows the environment administrator. */
  readonly allowOtherTenant: boolean;
  /** The target is unavailable from the first step on, as with the original; else for the swap alone. */
  readonly unavailableThroughout: boolean;
  /** Whoever began an operation may not sign it off. */
  readonly secondPersonSignsOff: boolean;
  /** A database synchronization that takes longer has failed. */
  readonly synchronizationMaxMs: number;
}
