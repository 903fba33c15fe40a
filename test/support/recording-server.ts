import { type BulkLoad, Connection, type Request } from 'tedious';
import { parseAddress } from '../../shared/sql/sqlserver/address.ts';
import type { ConnectOptions, SqlServerPool } from '../../shared/sql/sqlserver/connect.ts';

/** A statement as a server hears it. */
export interface Heard {
  /** The database that it is asked in. */
  readonly database: string;
  readonly text: string;
  /** Values of its parameters, by name. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** What a server would answer; what it throws is the server's error. */
export type Answer = (heard: Heard) => readonly object[];

/** Answers by the first pattern that occurs in the statement; null: none of them does. */
export type Answers = readonly (readonly [text: RegExp, rows: readonly object[] | Answer])[];

export function answerOf(answers: Answers, heard: Heard): readonly object[] | null {
  const [, rows = null] = answers.find(([text]) => text.test(heard.text)) ?? [];
  return typeof rows === 'function' ? rows(heard) : rows;
}

/** An error as the driver tells it. */
export function serverError(number: number): Error {
  return Object.assign(new Error(`error ${number} of the server`), { code: 'EREQUEST', number });
}

/** A server that answers as it is told and writes down what it hears. Pools and sessions on it are those of the product. */
export class RecordingServer {
  readonly heard: Heard[] = [];
  readonly #answer: Answer;
  /** Of pools that were used and not ended, the databases. */
  readonly #entered = new Map<symbol, string>();

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  /** Each once, in the order of their first use. */
  get statements(): string[] {
    return [...new Set(this.heard.map(({ text }) => text))];
  }

  /** In the place of shared/sql/sqlserver/connect.ts. */
  readonly connect = (
    address: string,
    { database = parseAddress(address).database }: ConnectOptions = {},
  ): SqlServerPool => {
    let ended = false;
    const pool = Symbol(database);
    const mustStand = () => {
      if (ended) throw Object.assign(new Error('the pool is closed'), { code: 'ECLOSE' });
    };
    // Units of work may share it: it keeps nothing between two requests.
    const connection = new RecordingConnection((text, values) => {
      mustStand();
      return this.#hear({ database, text, values });
    });
    return {
      acquire: async () => {
        mustStand();
        this.#entered.set(pool, database);
        return connection;
      },
      release: () => {},
      end: async () => {
        ended = true;
        this.#entered.delete(pool);
      },
    };
  };

  /** Whether connections of ours are inside, idle or not. */
  protected isEntered(database: string): boolean {
    return [...this.#entered.values()].includes(database);
  }

  #hear(heard: Heard): readonly object[] {
    this.heard.push(heard);
    return this.#answer(heard);
  }
}

type BulkRows = Parameters<Connection['execBulkLoad']>[1];
type Hear = (text: string, values: Heard['values']) => readonly object[];

/** A connection of the driver that was never opened: its requests are written down instead of sent. */
class RecordingConnection extends Connection {
  readonly #hear: Hear;

  constructor(hear: Hear) {
    super({ server: '127.0.0.1', authentication: { type: 'default', options: {} } });
    this.#hear = hear;
  }

  override execSql(request: Request): void {
    this.#answer(request);
  }

  override execSqlBatch(request: Request): void {
    this.#answer(request);
  }

  override execBulkLoad(load: BulkLoad, rows?: BulkRows): void {
    void countRows(load, rows).then(
      (count) => load.callback(null, count),
      (error: Error) => load.callback(error),
    );
  }

  override close(): void {}

  #answer(request: Request): void {
    const values = Object.fromEntries(request.parameters.map(({ name, value }) => [name, value]));
    // Never at once: a server takes its time.
    queueMicrotask(() => {
      try {
        const rows = this.#hear(request.sqlTextOrProcedure ?? '', values);
        for (const row of rows) request.emit('row', cellsOf(row));
        request.callback(null, rows.length);
      } catch (error) {
        request.callback(error as Error);
      }
    });
  }
}

/** INSERT BULK is the driver's own statement (its grammar is documented nowhere): that the rows can be read is ours. */
async function countRows(load: BulkLoad, rows: BulkRows = []): Promise<number> {
  let count = 0;
  for await (const row of rows) {
    if (Object.keys(row).length !== load.columns.length) throw new Error(`a row for ${load.table} has other columns`);
    count += 1;
  }
  return count;
}

function cellsOf(row: object): object[] {
  return Object.entries(row).map(([colName, value]) => ({ metadata: { colName }, value }));
}
