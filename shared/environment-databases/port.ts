import type { Access, CopyProgress, DatabaseFacts } from './model.ts';
import type { Scrubbing } from './scrubbing.port.ts';

/**
 * The databases of one server, with the runbook's principal; `source` and `of` tell of databases elsewhere or gone.
 * Every method but `copy` ends in seconds, those of rules in what their rows take; all may be run again after a crash,
 * whatever the first run did. Errors: DATABASE_UNAVAILABLE (retry), the other DATABASE_* codes (stop), DATABASE_GONE for an id.
 */
export interface EnvironmentDatabases extends Scrubbing {
  find(name: string): Promise<DatabaseFacts | null>;
  findById(id: string): Promise<DatabaseFacts | null>;
  /** Whole and half copies that bear a copy's name. */
  listCopies(): Promise<DatabaseFacts[]>;
  /** Null where the server does not tell. */
  freeBytes(): Promise<number | null>;
  /** Principals that could read a shut database: server administrators. The runbook's own is not among them. */
  administrators(): Promise<string[]>;
  /** What the runbook's principal lacks to exchange the database by a copy, as people grant it; [] when it may. */
  missingRights(id: string): Promise<string[]>;
  /** What of `source` a copy here could not hold, named; [] where nothing is in the way. */
  uncopied(source: string): Promise<string[]>;
  /**
   * Makes a shut copy of `source` under `name` (see COPY_NAME), whole or not at all; one that stands whole is answered with, a half one is
   * dropped first. Nothing of the source is locked, ended or changed. COPY_CANCELLED, COPY_SOURCE_CHANGED (retry),
   * COPY_UNSUPPORTED; DATABASE_NAME_TAKEN when `name` is no copy.
   */
  copy(
    source: string,
    name: string,
    watch: (progress: CopyProgress) => void,
    cancelled: AbortSignal,
  ): Promise<DatabaseFacts>;
  /** The database's own users, grants and memberships, to give them to another one; of a shut one those it had when open. */
  access(id: string): Promise<Access>;
  /** Replaces all grants. The right to enter a shut database comes with `open`. */
  giveAccess(id: string, access: Access): Promise<void>;
  /** Ends the database's sessions and lets nobody but the runbook in. */
  shut(id: string): Promise<void>;
  /** Lets those in who could enter before `shut`, or whom `giveAccess` named since. DATABASE_UNSCRUBBED for a copy before its `finish`. */
  open(id: string): Promise<void>;
  /** DATABASE_NAME_TAKEN when another bears the name. */
  rename(id: string, name: string): Promise<void>;
  /** Content when it is gone already. DATABASE_IN_SERVICE: only what is shut is dropped. */
  drop(id: string): Promise<void>;
  /** A new shut database with what `of` held at a moment; RESTORE_NOT_SUPPORTED where a server cannot. */
  restore(of: { readonly id: string; readonly name: string }, atMs: number, name: string): Promise<DatabaseFacts>;
  close(): Promise<void>;
}

/** Chosen by the kind of the connection string. DATABASE_ADDRESS_INVALID when it cannot be read. */
export type OpenDatabases = (connection: string) => Promise<EnvironmentDatabases>;
