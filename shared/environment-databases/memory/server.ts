import { FreshetError } from '../../errors/error.ts';
import type { RowValue } from '../conditions.ts';
import type { DatabaseFacts } from '../model.ts';

/** Plain data, so that a state can be cloned, kept and put back as a whole. Tables and rows are replaced, never changed. */

export type MemoryRow = Readonly<Record<string, RowValue>>;

export interface MemoryTable {
  readonly columns: readonly string[];
  /** By key, ascending. */
  readonly rows: ReadonlyMap<number, MemoryRow>;
}

export interface MemoryProgress {
  readonly last: number;
  readonly rows: number;
  readonly finished: boolean;
}

export interface MemoryDatabase {
  readonly id: string;
  readonly name: string;
  /** `half`: a copy that is not whole yet. Nobody but the runbook enters a database that is not open. */
  readonly state: 'open' | 'shut' | 'half';
  /** Users and what they may do; they stay with a shut database. */
  readonly users: Readonly<Record<string, readonly string[]>>;
  /** By name with schema, as the database spells it. */
  readonly tables: ReadonlyMap<string, MemoryTable>;
  /** What no copy could hold. */
  readonly uncopied: readonly string[];
  /** The scrub's marks, by rule and table; null once the runbook's traces are out. */
  readonly progress: ReadonlyMap<string, MemoryProgress> | null;
}

export interface MemoryServerOptions {
  /**
   * Called before a call has any effect and after it has had all of them, and within a copy and a rule after each table and
   * range; what it throws reaches the caller. Thrown `after`, the work was done and its answer was lost.
   */
  readonly step?: (when: 'before' | 'after', operation: string, database: string) => void | Promise<void>;
  /** Rows of one range of a rule. */
  readonly rangeRows?: number;
  readonly maxBytes?: number;
  /** What the runbook's principal lacks. */
  readonly missingRights?: readonly string[];
  /** Databases can be restored to a moment that `keepRestorePoint` was called for. */
  readonly restores?: boolean;
}

/** Bytes that a row counts for. */
export const ROW_BYTES = 100;

export function bytesOf({ tables }: Pick<MemoryDatabase, 'tables'>): number {
  return [...tables.values()].reduce((sum, { rows }) => sum + rows.size * ROW_BYTES, 0);
}

export function factsOf(database: MemoryDatabase): DatabaseFacts {
  const { id, name, state } = database;
  return { id, name, bytes: bytesOf(database), isOpen: state === 'open' };
}

/** Rows by consecutive keys; the columns are those of the first row unless given. */
export function memoryTable(rows: readonly MemoryRow[], columns = Object.keys(rows[0] ?? {})): MemoryTable {
  return { columns, rows: new Map(rows.map((row, number) => [number + 1, row])) };
}

interface RestorePoint {
  readonly id: string;
  readonly atMs: number;
  readonly database: MemoryDatabase;
}

/** One server in memory: its databases, and what people do to them beside the runbook. */
export class MemoryServer {
  readonly options: MemoryServerOptions;
  readonly #databases = new Map<string, MemoryDatabase>();
  readonly #sessions = new Map<number, { readonly id: string; readonly user: string }>();
  #restorePoints: RestorePoint[] = [];
  #number = 0;

  constructor(options: MemoryServerOptions = {}) {
    this.options = options;
  }

  get databases(): readonly MemoryDatabase[] {
    return [...this.#databases.values()];
  }

  byName(name: string): MemoryDatabase | undefined {
    return this.databases.find((database) => database.name === name);
  }

  byId(id: string): MemoryDatabase | undefined {
    return this.#databases.get(id);
  }

  /** A new database. DATABASE_NAME_TAKEN. */
  create(name: string, parts: Partial<Omit<MemoryDatabase, 'id' | 'name'>> = {}): MemoryDatabase {
    if (this.byName(name)) throw new FreshetError('DATABASE_NAME_TAKEN', { name });
    this.#number += 1;
    const made: MemoryDatabase = {
      id: String(this.#number),
      name,
      state: 'open',
      users: {},
      tables: new Map(),
      uncopied: [],
      progress: null,
      ...parts,
    };
    this.#databases.set(made.id, made);
    return made;
  }

  /** Replaces parts of a database. DATABASE_GONE. */
  change(id: string, parts: Partial<Omit<MemoryDatabase, 'id'>>): MemoryDatabase {
    const database = this.#databases.get(id);
    if (!database) throw new FreshetError('DATABASE_GONE', { id });
    const changed = { ...database, ...parts };
    this.#databases.set(id, changed);
    return changed;
  }

  remove(id: string): void {
    this.endSessions(id);
    this.#databases.delete(id);
  }

  /** Somebody's attempt to enter: the number of the session, null when refused. The tables are then `read`. */
  enter(name: string, user: string): number | null {
    const database = this.byName(name);
    if (database?.state !== 'open' || !(user in database.users)) return null;
    this.#number += 1;
    this.#sessions.set(this.#number, { id: database.id, user });
    return this.#number;
  }

  /** What a session sees; null when it was ended. */
  read(session: number): MemoryDatabase['tables'] | null {
    const id = this.#sessions.get(session)?.id;
    return (id !== undefined && this.#databases.get(id)?.tables) || null;
  }

  endSessions(id: string): void {
    for (const [number, session] of this.#sessions) if (session.id === id) this.#sessions.delete(number);
  }

  /** What the platform's backups do. */
  keepRestorePoint(id: string, atMs: number): void {
    const database = this.#databases.get(id);
    if (database) this.#restorePoints = [...this.#restorePoints, { id, atMs, database }];
  }

  /** What the database held at the moment, as far as somebody kept it. */
  restorePoint(id: string, atMs: number): MemoryDatabase | undefined {
    return this.#restorePoints.filter((point) => point.id === id && point.atMs <= atMs).at(-1)?.database;
  }
}

/** Servers by name: a connection string is `memory://<server>/<database>`. */
export class MemoryServers {
  readonly #servers = new Map<string, MemoryServer>();

  add(name: string, options: MemoryServerOptions = {}): MemoryServer {
    const server = new MemoryServer(options);
    this.#servers.set(name, server);
    return server;
  }

  /** DATABASE_ADDRESS_INVALID when no such server is there. */
  of(connection: string): { readonly server: MemoryServer; readonly database: string } {
    const url = URL.canParse(connection) ? new URL(connection) : null;
    const server = url?.protocol === 'memory:' ? this.#servers.get(url.hostname) : undefined;
    if (!url || !server) throw new FreshetError('DATABASE_ADDRESS_INVALID', { reason: 'it names no server in memory' });
    return { server, database: decodeURIComponent(url.pathname.slice(1)) };
  }
}
