import type { EntityMetadata } from '../dataverse/metadata.ts';
import type { Examination } from './model.ts';

/** The tables of a profile and what they tell about themselves. Errors: those of `Destination`. */
export interface Tables {
  /** What the login may do here with the profile's tables, those of `entities` included, what stands in their way, and what to advise; reads only. */
  examine(entities: readonly string[], options: { deleteLog: boolean }): Promise<Examination>;
  /** Names of entities whose table stands already (lower case); reads only. */
  existingTables(entities: readonly string[]): Promise<string[]>;
  /** Why the table that stands cannot become the entity's by adding and widening columns; null when it can, or none stands. */
  misfit(entity: EntityMetadata): Promise<string | null>;
  /** Creates schema, position and retry tables, metadata tables and, if wanted, the delete log. Safe to repeat; true when any was missing. */
  prepare(options: { deleteLog: boolean }): Promise<boolean>;
  /**
   * Creates the entity's table, or adds and widens columns (one per statement; never drops or narrows; one of another type is set
   * aside under another name). Safe to repeat; true when it changed anything. `at`: the page where the position must stand, null
   * for nowhere; POSITION_MOVED otherwise, for whoever was overtaken knows an older definition.
   */
  shape(entity: EntityMetadata, at?: string | null): Promise<boolean>;
  /** Makes the metadata tables say what the definition says about this entity, in one transaction. `at`: as for `shape`. */
  describe(entity: EntityMetadata, at?: string | null): Promise<void>;
  /** Whether the metadata tables tell of the entity: its table is, or was, one of these. Reads only. */
  describes(entity: string): Promise<boolean>;
  /** Drops the entity's table and forgets it; false when none stood. TABLE_FOREIGN when it is not one that Freshet made. */
  drop(entity: string): Promise<boolean>;
  /** Drops what `prepare` makes; false when nothing of it stood. Entities' tables stay. */
  dropOwn(): Promise<boolean>;
}
