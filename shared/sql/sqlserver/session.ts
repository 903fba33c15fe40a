import { type BulkLoad, type Connection, Request, TYPES } from 'tedious';
import { FreshetError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/register.ts';
import type { UnitOptions, Units } from '../units.ts';
import { classify } from './classify.ts';
import type { SqlServerPool } from './connect.ts';

/** A value on its way into a statement, with the type that the statement expects. */
export interface Parameter {
  readonly type: (typeof TYPES)[keyof typeof TYPES];
  readonly value: unknown;
}

/** Parameters by name, without the `@`. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** Text of any length; comparisons with names stay those of the database's own collation. */
export const text = (value: string | null): Parameter => ({ type: TYPES.NVarChar, value });
export const int = (value: number | null): Parameter => ({ type: TYPES.Int, value });
/** 64 bits, as a number that is exact or as text. */
export const bigint = (value: number | string | null): Parameter => ({
  type: TYPES.BigInt,
  value: value === null ? null : String(value),
});
/** In steps of 1/300 s. */
export const datetime = (value: Date | null): Parameter => ({ type: TYPES.DateTime, value });
export const flag = (value: boolean | null): Parameter => ({ type: TYPES.Bit, value });
/** Numbers, or texts whose form needs no escapes, for OPENJSON; or what is kept as JSON. */
export const json = (value: unknown): Parameter => text(JSON.stringify(value));

/** A column of a table that rows are loaded into. */
export interface LoadColumn {
  readonly name: string;
  readonly type: Parameter['type'];
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
}

/** One connection, for as long as a unit of work lasts. Errors come as tedious throws them; the unit's end classifies them. */
export interface Session {
  /** One statement or several; answers with all of their rows. */
  query<Row = Record<string, unknown>>(text: string, parameters?: Parameters): Promise<Row[]>;
  /** The same, and how many rows were touched or read. */
  execute<Row = Record<string, unknown>>(text: string, parameters?: Parameters): Promise<Executed<Row>>;
  /** One statement or several without parameters, in a batch of their own: what they make in tempdb stays for the session. */
  run(text: string): Promise<void>;
  /** Loads rows, cells in the order of the columns. Neither lengths nor NOT NULL are the server's to check here. */
  load(table: string, columns: readonly LoadColumn[], rows: Iterable<readonly unknown[]>): Promise<void>;
}

export interface Executed<Row> {
  readonly rows: Row[];
  readonly affected: number;
}

const STATEMENT_TIMEOUT_MS = 60_000;
const LOCK_TIMEOUT_MS = 15_000;
const PROBE_MS = 5_000;
/** Pools do not reset sessions: each unit of work begins with all that it needs. */
export const SESSION = `SET XACT_ABORT ON; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCK_TIMEOUT ${LOCK_TIMEOUT_MS}`;

/**
 * Runs the work in one transaction at READ COMMITTED. After a rejection nothing of it is written, but for a COMMIT whose
 * answer was lost: DESTINATION_UNAVAILABLE then, like for any lost connection. Every error is classified.
 */
export function inTransaction<T>(
  pool: SqlServerPool,
  work: (session: Session) => Promise<T>,
  options: UnitOptions = {},
): Promise<T> {
  return withConnection(pool, options, async (session) => {
    await session.run(`${SESSION}; BEGIN TRANSACTION`);
    const result = await work(session);
    await session.run(options.end === 'rollback' ? 'ROLLBACK TRANSACTION' : 'COMMIT TRANSACTION');
    return result;
  });
}

/** Runs questions and single changes, each of which is a transaction by itself. Every error is classified. */
export function onConnection<T>(
  pool: SqlServerPool,
  work: (session: Session) => Promise<T>,
  options: Omit<UnitOptions, 'end'> = {},
): Promise<T> {
  return withConnection(pool, options, async (session) => {
    await session.run(SESSION);
    return work(session);
  });
}

/** `limits`: for each unit that names none of its own. */
export function unitsOn(pool: SqlServerPool, limits: Omit<UnitOptions, 'end'> = {}): Units<Session> {
  return {
    inTransaction: (work, options) => inTransaction(pool, work, { ...limits, ...options }),
    onConnection: (work, options) => onConnection(pool, work, { ...limits, ...options }),
    close: () => pool.end(),
  };
}

/** A server speaks when it is done: its silence and a statement that takes too long are one; the connection is dropped then. */
async function withConnection<T>(
  pool: SqlServerPool,
  { statementTimeoutMs = STATEMENT_TIMEOUT_MS, silenceMs }: UnitOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const connection = await pool.acquire().catch((error: unknown) => {
    throw classify(error);
  });
  const limitMs = silenceMs ?? statementTimeoutMs;
  const session = sessionOn(connection, limitMs);
  let broken = false;
  try {
    return await work(session);
  } catch (error) {
    broken = !(await isWell(session));
    if (!session.late) throw classify(error);
    throw silenceMs === undefined ? await lateness(pool, limitMs) : unanswered('DESTINATION_UNAVAILABLE', limitMs);
  } finally {
    pool.release(connection, broken);
  }
}

/** Whether the server is gone, or there was too much to do for one statement: it answers somebody else. */
async function lateness(pool: SqlServerPool, timeoutMs: number): Promise<FreshetError> {
  const connection = await pool.acquire().catch(() => null);
  const lives = connection !== null && (await isWell(sessionOn(connection, PROBE_MS)));
  if (connection) pool.release(connection, !lives);
  return unanswered(lives ? 'DESTINATION_BATCH_TOO_LARGE' : 'DESTINATION_UNAVAILABLE', timeoutMs);
}

function unanswered(code: ErrorCode, timeoutMs: number): FreshetError {
  return new FreshetError(code, { text: `no answer within ${timeoutMs / 1000} s`, number: '' });
}

/** Also ends a transaction that the error has left open. */
function isWell(session: Session): Promise<boolean> {
  return session.run('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION').then(
    () => true,
    () => false,
  );
}

/** `timeoutMs`: what one statement may take. */
export function sessionOn(connection: Connection, timeoutMs: number): WatchedSession {
  return new TediousSession(connection, timeoutMs);
}

/** A session whose statements have a limit. */
export interface WatchedSession extends Session {
  /** One of them took too long, and the connection was dropped. */
  readonly late: boolean;
}

class TediousSession implements WatchedSession {
  late = false;
  readonly #connection: Connection;
  readonly #timeoutMs: number;

  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  async query<Row>(text: string, parameters: Parameters = {}): Promise<Row[]> {
    return (await this.execute<Row>(text, parameters)).rows;
  }

  async execute<Row>(text: string, parameters: Parameters = {}): Promise<Executed<Row>> {
    const rows: Row[] = [];
    const affected = await this.#request(
      text,
      (request) => {
        for (const [name, { type, value }] of Object.entries(parameters)) request.addParameter(name, type, value);
        request.on(
          'row',
          (cells: readonly { readonly metadata: { readonly colName: string }; readonly value: unknown }[]) =>
            // The row's shape is the statement's: whoever writes the statement states it.
            rows.push(Object.fromEntries(cells.map(({ metadata, value }) => [metadata.colName, value])) as Row),
        );
      },
      (request) => this.#connection.execSql(request),
    );
    return { rows, affected };
  }

  async run(text: string): Promise<void> {
    await this.#request(
      text,
      () => {},
      (request) => this.#connection.execSqlBatch(request),
    );
  }

  async load(table: string, columns: readonly LoadColumn[], rows: Iterable<readonly unknown[]>): Promise<void> {
    await this.#watched((done) => {
      const load: BulkLoad = this.#connection.newBulkLoad(table, { keepNulls: true }, done);
      load.setTimeout(0);
      for (const { name, type, ...size } of columns) load.addColumn(name, type, { nullable: true, ...size });
      this.#connection.execBulkLoad(load, rows as Iterable<unknown[]>);
    });
  }

  #request(text: string, prepare: (request: Request) => void, run: (request: Request) => void): Promise<number> {
    return this.#watched((done) => {
      const request = new Request(text, done);
      prepare(request);
      run(request);
    });
  }

  /** A server that does not answer in time loses the connection: a request that is cancelled has to be answered, too. */
  async #watched(run: (done: (error?: Error | null, affected?: number) => void) => void): Promise<number> {
    const late = AbortSignal.timeout(this.#timeoutMs);
    const drop = () => {
      this.late = true;
      this.#connection.close();
    };
    late.addEventListener('abort', drop);
    try {
      return await new Promise((resolve, reject) =>
        run((error, affected = 0) => (error ? reject(error) : resolve(affected))),
      );
    } finally {
      late.removeEventListener('abort', drop);
    }
  }
}
