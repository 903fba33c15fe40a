import type pg from 'pg';
import type { PostgresPool } from '../../shared/sql/postgres/connect.ts';

/** Sums up what takes time, by name (ms). */
export class Stopwatches {
  readonly #times = new Map<string, number>();

  add(name: string, ms: number): void {
    this.#times.set(name, (this.#times.get(name) ?? 0) + ms);
  }

  times(): Record<string, number> {
    return Object.fromEntries(this.#times);
  }

  reset(): void {
    this.#times.clear();
  }
}

/** The port, with the time that its methods take to answer. */
export function timedPort<T extends object>(port: T, name: string, watches: Stopwatches): T {
  return new Proxy(port, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const started = performance.now();
        const result: unknown = Reflect.apply(value, target, args);
        return result instanceof Promise
          ? result.finally(() => watches.add(name, performance.now() - started))
          : result;
      };
    },
  });
}

/** The pool, with the time that a destination's statements take, by what they are for. */
export function timedPool(pool: PostgresPool, watches: Stopwatches): PostgresPool {
  const known = new WeakSet<pg.PoolClient>();
  return {
    async connect() {
      const client = await pool.connect();
      if (!known.has(client)) timeQueries(client, watches);
      known.add(client);
      return client;
    },
    end: () => pool.end(),
  };
}

/** What pg accepts here are texts, and the stream that COPY is fed through: it ends when the server has all of it. */
type Query = (what: string | NodeJS.WritableStream, values?: unknown[]) => Promise<unknown> | NodeJS.WritableStream;

function timeQueries(client: pg.PoolClient, watches: Stopwatches): void {
  const seam = client as unknown as { query: Query };
  const query = seam.query.bind(client);
  seam.query = (what, values) => {
    const started = performance.now();
    const result = query(what, values);
    const name = typeof what === 'string' ? purposeOf(what) : 'stage';
    const ended = () => watches.add(name, performance.now() - started);
    if (result instanceof Promise) return result.finally(ended);
    return 'once' in result ? result.once('finish', ended) : result;
  };
}

function purposeOf(statement: string): string {
  if (statement.startsWith('COMMIT')) return 'commit';
  if (statement.startsWith('CREATE TEMP')) return 'stage';
  return /^WITH .*\bINSERT INTO/s.test(statement) ? 'upsert' : 'position';
}
