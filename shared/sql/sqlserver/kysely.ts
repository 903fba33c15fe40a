import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  MssqlAdapter,
  MssqlIntrospector,
  MssqlQueryCompiler,
  type OperationNode,
  type QueryResult,
  type SelectQueryNode,
  TableNode,
} from 'kysely';
import { type Connection, TYPES } from 'tedious';
import type { SqlServerPool } from './connect.ts';
import { type Parameter, type Parameters, SESSION, type Session, sessionOn } from './session.ts';

export interface KyselyOptions {
  readonly statementTimeoutMs: number;
  /** A column of each table that may be locked, outside of its keys: to lock a row, it is set to what it is. */
  readonly lockColumns: Readonly<Record<string, string>>;
}

/**
 * Kysely on our own sessions: their limits hold whether a server hears a cancel or not. (Kysely's driver of its own rests on requests
 * that are cancelled, and writes lost connections to the console.)
 */
export function sqlServerKysely(pool: SqlServerPool, options: KyselyOptions): Dialect {
  return {
    createAdapter: () => new MssqlAdapter(),
    createDriver: () => new SessionDriver(pool, options.statementTimeoutMs),
    createIntrospector: (db) => new MssqlIntrospector(db),
    createQueryCompiler: () => new LockingCompiler(options.lockColumns),
  };
}

class SessionDriver implements Driver {
  readonly #pool: SqlServerPool;
  readonly #timeoutMs: number;

  constructor(pool: SqlServerPool, timeoutMs: number) {
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SessionConnection> {
    return new SessionConnection(await this.#pool.acquire(), this.#timeoutMs);
  }

  async beginTransaction(connection: SessionConnection): Promise<void> {
    await connection.session.run(`${SESSION}; BEGIN TRANSACTION`);
  }

  async commitTransaction(connection: SessionConnection): Promise<void> {
    await connection.session.run('COMMIT TRANSACTION');
  }

  async rollbackTransaction(connection: SessionConnection): Promise<void> {
    try {
      await connection.session.run('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION');
    } catch {
      // The statement before told what is wrong; a transaction that may be open must not be anybody else's.
      connection.broken = true;
    }
  }

  async releaseConnection({ connection, broken }: SessionConnection): Promise<void> {
    this.#pool.release(connection, broken);
  }

  destroy(): Promise<void> {
    return this.#pool.end();
  }
}

class SessionConnection implements DatabaseConnection {
  readonly connection: Connection;
  readonly session: Session;
  broken = false;

  constructor(connection: Connection, timeoutMs: number) {
    this.connection = connection;
    this.session = sessionOn(connection, timeoutMs);
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, affected } = await this.session.execute<R>(sql, named(parameters));
    return { rows, numAffectedRows: BigInt(affected) };
  }

  // biome-ignore lint/correctness/useYield: nobody asks for it
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are not streamed');
  }
}

/** `@1`, `@2` and so on. */
function named(parameters: readonly unknown[]): Parameters {
  return Object.fromEntries(parameters.map((value, k) => [String(k + 1), parameterOf(value)]));
}

const INT_MAX = 2 ** 31 - 1;

function parameterOf(value: unknown): Parameter {
  if (typeof value === 'boolean') return { type: TYPES.Bit, value };
  if (typeof value === 'bigint') return { type: TYPES.BigInt, value };
  if (typeof value !== 'number') return { type: TYPES.NVarChar, value };
  if (!Number.isSafeInteger(value)) return { type: TYPES.Float, value };
  return Math.abs(value) <= INT_MAX ? { type: TYPES.Int, value } : { type: TYPES.BigInt, value };
}

const FOR_UPDATE = 'ForUpdate';

/**
 * T-SQL has no `for update`; and its hints are not heeded by every server that speaks it. A row that is updated is locked on
 * all of them, so what is to be locked is updated to what it is, and read by the next statement of the same batch.
 */
class LockingCompiler extends MssqlQueryCompiler {
  readonly #lockColumns: KyselyOptions['lockColumns'];

  constructor(lockColumns: KyselyOptions['lockColumns']) {
    super();
    this.#lockColumns = lockColumns;
  }

  protected override visitSelectQuery(node: SelectQueryNode): void {
    const { endModifiers = [], ...select } = node;
    const others = endModifiers.filter(({ modifier }) => modifier !== FOR_UPDATE);
    if (others.length < endModifiers.length) for (const table of tablesOf(node)) this.#lock(table, node);
    super.visitSelectQuery(others.length > 0 ? { ...select, endModifiers: others } : select);
  }

  #lock(table: TableNode, { from, joins, where }: SelectQueryNode): void {
    const { schema, identifier } = table.table;
    const column = this.#lockColumns[identifier.name];
    if (column === undefined || !from) throw new Error(`rows of ${identifier.name} cannot be locked`);
    const name = [schema?.name, identifier.name].flatMap((part) => (part === undefined ? [] : [`[${part}]`])).join('.');
    this.append(`update ${name} set [${column}] = ${name}.[${column}] `);
    this.visitNode(from);
    for (const part of [...(joins ?? []), ...(where ? [where] : [])]) {
      this.append(' ');
      this.visitNode(part);
    }
    this.append('; ');
  }

  protected override appendImmediateValue(value: unknown): void {
    if (typeof value === 'boolean') this.append(value ? '1' : '0');
    else super.appendImmediateValue(value);
  }
}

function tablesOf({ from, joins = [] }: SelectQueryNode): TableNode[] {
  const nodes: OperationNode[] = [...(from?.froms ?? []), ...joins.map(({ table }) => table)];
  return nodes.filter(TableNode.is);
}
