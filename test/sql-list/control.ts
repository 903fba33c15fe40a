import fc from 'fast-check';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  MssqlAdapter,
  MssqlIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  type QueryId,
  type QueryResult,
  type RootOperationNode,
} from 'kysely';
import { startPostgres } from '../../local/postgres/postgres.ts';
import { removePostgresData } from '../../local/postgres/remove.ts';
import type { Control } from '../../shared/control/port.ts';
import { controlOn } from '../../shared/control/sql/control.ts';
import { openDatabase } from '../../shared/control/sql/database.ts';
import type { ControlDialect } from '../../shared/control/sql/dialect.ts';
import { postgresDialect } from '../../shared/control/sql/dialects/postgres.ts';
import { sqlServerDialect } from '../../shared/control/sql/dialects/sqlserver.ts';
import { migrate } from '../../shared/control/sql/migrate.ts';
import { everything, histories } from '../contract/control/steps.ts';
import { newOperation } from '../contract/control/operations.kit.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SEED = 7;
const HISTORIES = 25;
const STEPS = 80;
/** Never opened: it names a server so that the dialect makes its compiler. */
const NOWHERE = 'Server=127.0.0.1,1;Initial Catalog=freshet;User ID=nobody';

type Note = (statement: string) => void;

/**
 * The statements of the control database. What the stores ask depends on what they are answered, so they work on a PostgreSQL,
 * and each statement is compiled a second time, for SQL Server.
 */
export async function controlStatements(): Promise<readonly string[]> {
  const statements = new Set<string>();
  const note: Note = (statement) => void statements.add(statement);
  await migrate(openDatabase(unanswered(note), NOWHERE, clockOf(sqlServerDialect)), sqlServerDialect);
  const data = await temporaryFolder('sql-list');
  const server = await startPostgres({ port: 0, data, durable: false, databases: ['control'] });
  try {
    await work(server.url('control'), note);
  } finally {
    await server.stop();
    await removePostgresData(data);
  }
  return [...statements];
}

const clockOf = (dialect: ControlDialect) => () => dialect.now;

async function work(url: string, note: Note): Promise<void> {
  let listening = false;
  const hear: Note = (statement) => listening && note(inTsql(statement));
  const database = openDatabase(compiledTwice(hear), url, clockOf(postgresDialect));
  const control = controlOn(database, postgresDialect);
  // The tables are made by the first call of all.
  await control.environments.list(0);
  listening = true;
  let now = Date.now();
  const test = {
    control,
    now: () => now,
    advance(ms: number) {
      now += ms;
    },
  };
  for (const steps of fc.sample(histories(STEPS), { seed: SEED, numRuns: HISTORIES })) {
    for (const [number, step] of steps.entries()) await step.run(test, number).catch(() => null);
  }
  await everything(control);
  await others(control);
  await control.close();
}

/** What histories leave out. */
async function others({
  environments,
  operations,
  calls,
  schedules,
  reconciliations,
  history,
  wholeReads,
  retention,
}: Control) {
  const key = { projectId: 7, id: 'uat' };
  const by = { id: 'olga', name: 'Olga' };
  await environments.register({ ...key, settings: { name: 'UAT' } as never });
  await environments.get(key);
  await environments.list(7);
  await environments.setStarted(key, false);
  await environments.hold(key, 'op');
  await environments.release(key, 'op');
  for (const id of ['first', 'second']) {
    const begun = await operations.begin(newOperation(id), { max: 3, windowMs: 86_400_000 });
    if (!('begun' in begun)) continue;
    const saved = await operations.save(begun.begun, { state: 'InProgress' });
    if (saved) await operations.withdraw(saved);
  }
  await operations.get('first');
  await operations.locking(key);
  await operations.history(key, 10, 20);
  await operations.stray(0, 10);
  await environments.remove(key);
  await calls.admit([{ key: 'a', max: 3, windowMs: 1_000 }]);
  await schedules.save({
    projectId: 7,
    id: 's',
    sourceId: 'prod',
    targetId: 'uat',
    by,
    nextAt: 1,
    everyMs: 5,
    last: null,
  });
  await schedules.list(7);
  await schedules.take(10);
  await schedules.remove(7, 's');
  const feed = { organizationId: 'contoso', entity: 'account' };
  await reconciliations.begin({ profileId: 'p1', id: 'r', beganAt: 1, dueAt: 1, work: {} });
  await reconciliations.get('p1');
  await reconciliations.save({ profileId: 'p1', id: 'r', revision: 0 }, { dueAt: null, work: {} });
  await reconciliations.due(10, 10);
  await reconciliations.idle(10, 10);
  await history.add(feed, []);
  await history.of('contoso', ['account', 'contact']);
  await wholeReads.plan(feed, { at: 1, tracked: false });
  await wholeReads.due(10, 10);
  await retention.named(['blob-1', 'blob-2']);
}

/** What raw pieces say in PostgreSQL's words. */
function inTsql(statement: string): string {
  return statement.replaceAll(textOf(postgresDialect), textOf(sqlServerDialect));
}

function textOf({ now }: ControlDialect): string {
  return compilerOf(sqlServerDialect).compileQuery(now.toOperationNode() as unknown as RootOperationNode, ID).sql;
}

const ID: QueryId = { queryId: 'list' };

function compilerOf(dialect: ControlDialect): QueryCompiler {
  return dialect.open(NOWHERE).createQueryCompiler();
}

/** PostgreSQL, with a look at what the same question would be in T-SQL. */
function compiledTwice(note: Note): ControlDialect {
  const twin = compilerOf(sqlServerDialect);
  class Twice extends PostgresQueryCompiler {
    override compileQuery(node: RootOperationNode, id: QueryId): CompiledQuery {
      note(twin.compileQuery(node, id).sql);
      return super.compileQuery(node, id);
    }
  }
  return {
    ...postgresDialect,
    open(connectionString) {
      const dialect = postgresDialect.open(connectionString);
      return {
        createAdapter: () => dialect.createAdapter(),
        createDriver: () => dialect.createDriver(),
        createIntrospector: (db) => dialect.createIntrospector(db),
        createQueryCompiler: () => new Twice(),
      };
    },
  };
}

/** A database of SQL Server that has nothing in it, and does nothing. */
function unanswered(note: Note): ControlDialect {
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql }: CompiledQuery): Promise<QueryResult<R>> {
      note(sql);
      return { rows: [] };
    },
    // biome-ignore lint/correctness/useYield: nobody asks for it
    async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
      throw new Error('rows are not streamed');
    },
  };
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: async () => {},
    commitTransaction: async () => {},
    rollbackTransaction: async () => {},
    releaseConnection: async () => {},
    destroy: async () => {},
  };
  return {
    ...sqlServerDialect,
    open: (): Dialect => ({
      createAdapter: () => new MssqlAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new MssqlIntrospector(db),
      createQueryCompiler: () => compilerOf(sqlServerDialect),
    }),
  };
}
