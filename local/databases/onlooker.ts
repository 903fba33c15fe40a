import pg from 'pg';
import { kindOf } from '../../shared/sql/kind.ts';
import { connect } from '../../shared/sql/sqlserver/connect.ts';
import { onConnection, type Parameter, text } from '../../shared/sql/sqlserver/session.ts';

/** Somebody who looks at a database from outside, as a report does, whichever kind it is of. */
export interface Onlooker {
  readonly kind: ReturnType<typeof kindOf>;
  /** `$1`, `$2` and so on stand for the values. Survives that its connections are cut while they idle. */
  query<Row = Record<string, unknown>>(question: string, values?: readonly string[]): Promise<Row[]>;
  /** A statement that changes something. */
  run(statement: string): Promise<void>;
  end(): Promise<void>;
}

const MAX_CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 10_000;

export function onlookerOf(connectionString: string): Onlooker {
  return kindOf(connectionString) === 'postgres' ? onPostgres(connectionString) : onSqlServer(connectionString);
}

function onPostgres(connectionString: string): Onlooker {
  const pool = new pg.Pool({ connectionString, max: MAX_CONNECTIONS, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  pool.on('error', () => undefined);
  return {
    kind: 'postgres',
    // The row's shape is the question's: whoever asks states it.
    query: async <Row>(question: string, values: readonly string[] = []) =>
      (await pool.query(question, [...values])).rows as Row[],
    run: async (statement) => void (await pool.query(statement)),
    end: () => pool.end(),
  };
}

function onSqlServer(connectionString: string): Onlooker {
  const options = { maxConnections: MAX_CONNECTIONS, connectTimeoutMs: CONNECT_TIMEOUT_MS };
  const pool = connect(connectionString, options);
  return {
    kind: 'sqlserver',
    query(question, values = []) {
      const parameters = Object.fromEntries(values.map((value, k): [string, Parameter] => [`p${k + 1}`, text(value)]));
      return onConnection(pool, (session) => session.query(question.replace(/\$(\d+)/g, '@p$1'), parameters));
    },
    run: (statement) => onConnection(pool, (session) => session.run(statement)),
    end: () => pool.end(),
  };
}
