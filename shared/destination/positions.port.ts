import type { Position } from './model.ts';

/** Where every entity of a profile stands in its feed, and whose the tables are. Errors: those of `Destination`. */
export interface Positions {
  /** Where every entity of the profile stands. Null: our own tables are gone. Also serves as the breaker's probe. */
  positions(): Promise<Position[] | null>;
  /**
   * Sets an entity's position, forgets snapshots begun, and keeps rows, retries and counters. `expected`: the page that
   * must stand there now, null for none. False, and nothing changed, when another stands there; and when a first one would stand
   * beside positions of another profile.
   */
  place(entity: string, expected: string | null, to: { page: string; number: number }): Promise<boolean>;
  /** Forgets position, retries and failed records of an entity; its table stays. Safe to repeat. */
  forget(entity: string): Promise<void>;
  /**
   * Makes the tables this profile's alone, in one transaction: entities without a position get one that stands `NOWHERE`, and so do
   * those of `former` profiles, whose retries and failed records are forgotten; tables stay. Safe to repeat. False, and nothing
   * changed, when positions of others stand.
   */
  claim(entities: readonly string[], former: readonly string[]): Promise<boolean>;
}
