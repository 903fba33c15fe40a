import type { EntityMetadata } from './metadata.ts';

/**
 * Freshet's registration for notifications in one organization. Names in it derive from the installation, so two
 * installations do not touch each other's. Rejects as `Source` does. Nothing is retried inside; each call may be repeated.
 */
export interface Registration {
  /**
   * Makes the registration serve exactly these entities: adds what is missing, enables what is disabled, gives the
   * organization the queue's key anew, removes what is superfluous.
   */
  ensure(entities: readonly RegisteredEntity[]): Promise<Registered>;
  /** Removes all that this installation registered; nothing happens when there is nothing. */
  remove(): Promise<void>;
}

export type RegisteredEntity = Pick<EntityMetadata, 'logicalName' | 'isIntersect'>;

export interface Registered {
  /** Entities of which Dataverse sends not every kind of change: only the sweep sees those changes. */
  readonly unregistered: readonly string[];
}
