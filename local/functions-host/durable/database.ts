import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

const SCHEMA_VERSION = 1;

/**
 * `inbox`: messages for an instance that no episode has seen. `activities`, `timers`: work that is under way. A row
 * leaves them in the transaction that puts its result into the inbox, so nothing is lost or counted twice by a crash.
 */
const SCHEMA = `
  CREATE TABLE instances (
    id TEXT PRIMARY KEY, execution TEXT NOT NULL, name TEXT NOT NULL, version TEXT, input TEXT, output TEXT,
    custom_status TEXT, status TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    parent_id TEXT, parent_execution TEXT, parent_task INTEGER
  ) STRICT;
  CREATE INDEX instances_by_time ON instances (created, id);
  CREATE TABLE history (
    instance TEXT NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (instance, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE inbox (
    message INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX inbox_by_instance ON inbox (instance, message);
  CREATE TABLE activities (
    item INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution TEXT NOT NULL, task INTEGER NOT NULL,
    name TEXT NOT NULL, input TEXT, UNIQUE (instance, task)
  ) STRICT;
  CREATE TABLE timers (
    instance TEXT NOT NULL, task INTEGER NOT NULL, fire_at INTEGER NOT NULL, PRIMARY KEY (instance, task)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX timers_by_time ON timers (fire_at);
`;

type Row = Record<string, unknown>;

/** A SQLite file with prepared statements kept, and transactions. */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    // The journal survives the death of the process at any moment; only a power cut may cost the last transactions.
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
    this.#migrate(file);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  first(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  /** Returns the number of rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#database.isOpen;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #migrate(file: string): void {
    const version = this.#database.prepare('PRAGMA user_version').get()?.user_version;
    if (version === SCHEMA_VERSION) return;
    if (version !== 0) throw new Error(`${file} is of version ${version}, which this program cannot read.`);
    this.transaction(() => this.#database.exec(`${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION};`));
  }
}
