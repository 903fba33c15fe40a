import { FreshetError } from '../../errors/error.ts';
import { connect, type SqlServerPool } from '../../sql/sqlserver/connect.ts';
import { inTransaction, onConnection } from '../../sql/sqlserver/session.ts';
import type { Access, Administrator, CopyProgress, DatabaseFacts, RuleFinding, RuleOutcome } from '../model.ts';
import { COPY_NAME } from '../model.ts';
import type { EnvironmentDatabases, OpenDatabases } from '../port.ts';
import { columnsWithoutRule, type RunningJobsQuery, type ScrubRule } from '../scrub-rules.ts';
import { giveInnerAccess, parseAccess, readAccess } from './access.ts';
import { resetAdministrator, runningJobs } from './administer.ts';
import { type Connect, inOneGo, onPatience, ServerConnections } from './connections.ts';
import { closeCopy, emptyDatabase } from './copies.ts';
import { denyDoors, giveDoors, readDoors } from './doors.ts';
import { environmentError, isNameTaken } from './errors.ts';
import { readMark, removeMark, writeMark } from './marks.ts';
import type { Platform } from './platform.ts';
import { missingRights, uncopied } from './rights.ts';
import { applyRule, countRule, RANGE_ROWS } from './scrub.ts';
import {
  dataBytes,
  dropDatabase,
  factsOf,
  type KnownDatabase,
  listDatabases,
  mustStand,
  renameDatabase,
} from './server.ts';
import { listColumns } from './tables.ts';
import { takeTracesOut } from './traces.ts';
import { verifyRule } from './verify.ts';

export interface TsqlDatabasesOptions {
  /** Random text for what no seed was given for. */
  readonly newId: () => string;
  /** Rows of one range of a rule. */
  readonly rangeRows?: number;
  /** How connections are made. */
  readonly connect?: Connect;
}

/** Databases of a server that speaks T-SQL. `connection` names the server and the runbook's principal; its database does not matter. */
export function openTsqlDatabases(
  platformOf: (connection: string) => Platform,
  options: TsqlDatabasesOptions,
): OpenDatabases {
  return async (connection) => {
    try {
      const server = new ServerConnections(connection, options.connect);
      return new TsqlDatabases(server, platformOf(connection), options);
    } catch (error) {
      throw environmentError(error);
    }
  };
}

class TsqlDatabases implements EnvironmentDatabases {
  readonly #server: ServerConnections;
  readonly #platform: Platform;
  readonly #options: TsqlDatabasesOptions;

  constructor(server: ServerConnections, platform: Platform, options: TsqlDatabasesOptions) {
    this.#server = server;
    this.#platform = platform;
    this.#options = options;
  }

  find(name: string): Promise<DatabaseFacts | null> {
    return told(async () => factsOrNull(await this.#known({ name })));
  }

  findById(id: string): Promise<DatabaseFacts | null> {
    return told(async () => factsOrNull(await this.#known({ id })));
  }

  listCopies(): Promise<DatabaseFacts[]> {
    return told(async () => {
      const named = await this.#server.onServer((session) =>
        listDatabases(session, this.#platform, { prefix: 'freshet_' }),
      );
      const copies = named.filter(({ name }) => COPY_NAME.test(name));
      const known: DatabaseFacts[] = [];
      for (const { name } of copies) known.push(...[await this.find(name)].filter((one) => one !== null));
      return known;
    });
  }

  freeBytes(): Promise<number | null> {
    return told(() => this.#platform.freeBytes(this.#server));
  }

  administrators(): Promise<string[]> {
    return told(() => this.#platform.administrators(this.#server));
  }

  missingRights(id: string): Promise<string[]> {
    return told(async () => {
      const { name } = await this.#standing(id);
      return missingRights(this.#server, this.#platform, name);
    });
  }

  uncopied(source: string): Promise<string[]> {
    return told(() => this.#atSource(source, (pool) => uncopied(this.#server, this.#platform, pool)));
  }

  copy(
    source: string,
    name: string,
    watch: (progress: CopyProgress) => void,
    cancelled: AbortSignal,
  ): Promise<DatabaseFacts> {
    return told(async () => {
      if (!COPY_NAME.test(name))
        throw new FreshetError('DATABASE_BUG', { text: 'a copy bears a name that is none of one' });
      return this.#platform.alone(this.#server, name, () => this.#makeCopy({ source, name, watch, cancelled }));
    });
  }

  async #makeCopy(request: Parameters<Platform['makeCopy']>[1]): Promise<DatabaseFacts> {
    const { name } = request;
    const standing = await this.#known({ name });
    if (standing?.mark) return factsOf(standing);
    try {
      await this.#platform.makeCopy(this.#server, request, standing);
      await closeCopy(this.#server, this.#platform, name, this.#options.newId() + this.#options.newId());
    } catch (error) {
      // What cannot be removed now is by the next attempt.
      if (environmentError(error).class !== 'retry') await this.#remove(name).catch(() => undefined);
      throw error;
    }
    return factsOf(mustStand(await this.#known({ name }), name));
  }

  access(id: string): Promise<Access> {
    return told(async () => {
      const { name } = await this.#standing(id);
      const logins = await this.#platform.logins(this.#server);
      return onConnection(this.#server.inside(name), async (session) => {
        const doors = (await readMark(session))?.doors ?? (await readDoors(session));
        return readAccess(session, logins, doors);
      });
    });
  }

  giveAccess(id: string, access: Access): Promise<void> {
    return told(async () => {
      const wanted = parseAccess(access);
      const { name } = await this.#standing(id);
      const logins = await this.#platform.logins(this.#server);
      const doors = wanted.users.map(({ name: user, connect: door }) => ({ name: user, connect: door }));
      await inTransaction(this.#server.inside(name), async (session) => {
        const mark = await readMark(session);
        await giveInnerAccess(session, wanted, logins);
        if (!mark) return giveDoors(session, doors);
        await denyDoors(session, doors);
        await writeMark(session, { ...mark, doors });
      });
    });
  }

  shut(id: string): Promise<void> {
    return told(async () => {
      const { name } = await this.#standing(id);
      await inTransaction(this.#server.inside(name), async (session) => {
        if (await readMark(session)) return;
        const doors = await readDoors(session);
        await writeMark(session, { state: 'shut', doors });
        await denyDoors(session, doors);
      });
      await onConnection(this.#server.inside(name), (session) => this.#platform.restrict(session));
      await emptyDatabase(this.#server, name);
    });
  }

  open(id: string): Promise<void> {
    return told(async () => {
      const { name, mark } = await this.#standing(id);
      if (mark?.state === 'unscrubbed') throw new FreshetError('DATABASE_UNSCRUBBED', { id });
      // Those who are denied stay out until the mark is gone.
      await onConnection(this.#server.inside(name), (session) => this.#platform.admitAll(session));
      await inTransaction(this.#server.inside(name), async (session) => {
        const standing = await readMark(session);
        if (!standing) return;
        await giveDoors(session, standing.doors);
        await removeMark(session);
      });
    });
  }

  rename(id: string, name: string): Promise<void> {
    return told(async () => {
      const database = await this.#standing(id);
      if (database.name === name) return;
      await this.#server.leave(name);
      if (database.mark) await emptyDatabase(this.#server, database.name);
      await this.#server.leave(database.name);
      await this.#server
        .onServer((session) => renameDatabase(session, database.name, name))
        .catch((error: unknown) => {
          throw isNameTaken(error) ? new FreshetError('DATABASE_NAME_TAKEN', { name }, error) : error;
        });
    });
  }

  drop(id: string): Promise<void> {
    return told(async () => {
      const database = await this.#known({ id });
      if (!database) return;
      const isHalfCopy = COPY_NAME.test(database.name) && !database.mark;
      if (!database.mark && !isHalfCopy) throw new FreshetError('DATABASE_IN_SERVICE', { name: database.name });
      await this.#remove(database.name);
    });
  }

  async #remove(name: string): Promise<void> {
    const [standing] = await this.#server.onServer((session) => listDatabases(session, this.#platform, { name }));
    if (!standing) return;
    if (standing.state === 'ONLINE') await emptyDatabase(this.#server, name);
    await this.#server.leave(name);
    await this.#server.onServer((session) => dropDatabase(session, name));
  }

  restore(of: { readonly id: string; readonly name: string }, atMs: number, name: string): Promise<DatabaseFacts> {
    return told(async () => {
      const standing = await this.#known({ id: of.id });
      const request = { name, standing: standing?.name ?? null, last: of.name, atMs };
      await this.#platform.restore(this.#server, request);
      const restored = mustStand(await this.#known({ name }), name);
      await this.shut(restored.id);
      return factsOf(mustStand(await this.#known({ name }), name));
    });
  }

  countRule(id: string, rule: ScrubRule): Promise<number | null> {
    return told(async () => countRule(await this.#inside(id), rule));
  }

  applyRule(
    id: string,
    rule: ScrubRule,
    watch: (done: number, of: number) => void,
    cancelled: AbortSignal,
  ): Promise<RuleOutcome> {
    const { rangeRows = RANGE_ROWS } = this.#options;
    return told(async () => applyRule(await this.#inside(id), id, { rule, rangeRows, watch, cancelled }));
  }

  verifyRule(id: string, rule: ScrubRule, source: string): Promise<RuleFinding[]> {
    return told(() => this.#atSource(source, async (pool) => verifyRule(await this.#inside(id), () => pool, rule)));
  }

  unknownColumns(id: string, known: readonly ScrubRule[]): Promise<string[]> {
    return told(async () => columnsWithoutRule(await onConnection(await this.#inside(id), listColumns), known));
  }

  runningJobs(id: string, query: RunningJobsQuery): Promise<string[] | null> {
    return told(async () => onPatience(await this.#inside(id), (session) => runningJobs(session, query)));
  }

  resetAdministrator(id: string, administrator: Administrator): Promise<'reset' | 'absent' | 'skipped'> {
    return told(async () => inOneGo(await this.#inside(id), (session) => resetAdministrator(session, administrator)));
  }

  finish(id: string): Promise<void> {
    return told(async () => {
      const { name, mark } = await this.#standing(id);
      await onPatience(this.#server.inside(name), async (session) => {
        await takeTracesOut(session);
        if (mark?.state === 'unscrubbed') await this.#platform.forget(session);
      });
      if (mark?.state !== 'unscrubbed') return;
      await inTransaction(this.#server.inside(name), async (session) => {
        const standing = await readMark(session);
        if (standing) await writeMark(session, { ...standing, state: 'shut' });
      });
    });
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #atSource<T>(source: string, work: (pool: SqlServerPool) => Promise<T>): Promise<T> {
    const pool = (this.#options.connect ?? connect)(source, { maxConnections: 1 });
    try {
      return await work(pool);
    } finally {
      await pool.end();
    }
  }

  /** DATABASE_GONE. */
  async #standing(id: string): Promise<KnownDatabase> {
    return mustStand(await this.#known({ id }), id);
  }

  async #known(choice: { readonly id: string } | { readonly name: string }): Promise<KnownDatabase | null> {
    const [found] = await this.#server.onServer((session) => listDatabases(session, this.#platform, choice));
    if (!found) return null;
    if (found.state !== 'ONLINE') return { ...found, bytes: 0, mark: null };
    return onConnection(this.#server.inside(found.name), async (session) => ({
      ...found,
      bytes: await dataBytes(session),
      mark: await readMark(session),
    }));
  }

  async #inside(id: string): Promise<SqlServerPool> {
    return this.#server.inside((await this.#standing(id)).name);
  }
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw environmentError(error);
  }
}

function factsOrNull(database: KnownDatabase | null): DatabaseFacts | null {
  return database && factsOf(database);
}
