import type { Session } from '../../sql/sqlserver/session.ts';
import type { CopyProgress } from '../model.ts';
import type { Logins } from './access.ts';
import type { ServerConnections } from './connections.ts';
import type { ServerDatabase } from './server.ts';

export interface CopyRequest {
  /** The connection string of the source. */
  readonly source: string;
  readonly name: string;
  readonly watch: (progress: CopyProgress) => void;
  readonly cancelled: AbortSignal;
}

export interface RestoreRequest {
  readonly name: string;
  /** The name of the database today; null: it was dropped, and bore `last` then. */
  readonly standing: string | null;
  readonly last: string;
  readonly atMs: number;
}

/** What is not alike where SQL Server runs: on a machine of one's own, and as Azure SQL Database. */
export interface Platform {
  /** What outlives every rename of a database: text, over sys.databases as `d` and what `joined` adds to it. */
  readonly idText: string;
  readonly joined: string;
  /** Keeps others from making the same copy meanwhile. DATABASE_UNAVAILABLE while another is at it. */
  alone<T>(server: ServerConnections, name: string, work: () => Promise<T>): Promise<T>;
  /**
   * Makes an online database of that name with all of the source. `half`: what an earlier attempt left under the name. COPY_CANCELLED,
   * and the caller drops what stands.
   */
  makeCopy(server: ServerConnections, request: CopyRequest, half: ServerDatabase | null): Promise<void>;
  /** Makes an online database of that name with what another held at a moment. RESTORE_NOT_SUPPORTED, RESTORE_OUT_OF_REACH. */
  restore(server: ServerConnections, request: RestoreRequest): Promise<void>;
  /** Who but members of db_owner may enter, from inside of the database. */
  restrict(session: Session): Promise<void>;
  admitAll(session: Session): Promise<void>;
  /** What else keeps old values, besides tables and their statistics. */
  forget(session: Session): Promise<void>;
  logins(server: ServerConnections): Promise<Logins>;
  freeBytes(server: ServerConnections): Promise<number | null>;
  administrators(server: ServerConnections): Promise<string[]>;
  /** What the runbook's principal lacks on the server, for the database of that name. */
  missingServerRights(server: ServerConnections, name: string): Promise<string[]>;
  /** What of the source cannot be copied to this server; `source`: a session inside of it. */
  uncopied(server: ServerConnections, source: Session): Promise<string[]>;
}
