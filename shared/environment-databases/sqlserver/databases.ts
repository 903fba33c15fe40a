import { FreshetError } from '../../errors/error.ts';
import type { Clock } from '../../platform/clock/port.ts';
import { connect } from '../../sql/sqlserver/connect.ts';
import { inTransaction, onConnection, type Session } from '../../sql/sqlserver/session.ts';
import type { Units } from '../../sql/units.ts';
import { type Access, COPY_NAME, type CopyProgress, type DatabaseFacts } from '../model.ts';
import type { EnvironmentDatabases, OpenDatabases } from '../port.ts';
import { SqlScrubbing } from '../sql/scrubbing.ts';
import { giveInnerAccess, parseAccess, readAccess } from './access.ts';
import { type Connect, onPatience, patientUnits, ServerConnections } from './connections.ts';
import { emptyDatabase, ensureCopy, removeDatabase } from './copies.ts';
import { denyDoors, giveDoors, readDoors } from './doors.ts';
import { environmentError, isNameTaken, told } from './errors.ts';
import { readMark, removeMark, writeMark } from './marks.ts';
import type { Platform } from './platform.ts';
import { missingRights, uncopied } from './rights.ts';
import { RULES } from './rules.ts';
import { databaseOf, factsOf, findDatabase, type KnownDatabase, listDatabases, renameDatabase } from './server.ts';
import type { StandingTable } from './tables.ts';
import { takeTracesOut } from './traces.ts';
import { RANGE_ROWS } from './walk.ts';

export interface TsqlDatabasesOptions {
  readonly clock: Clock;
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
      const server = new ServerConnections(connection, options.clock, options.connect);
      return new TsqlDatabases(server, platformOf(connection), options);
    } catch (error) {
      throw environmentError(error);
    }
  };
}

class TsqlDatabases extends SqlScrubbing<Session, StandingTable> implements EnvironmentDatabases {
  readonly #server: ServerConnections;
  readonly #platform: Platform;
  readonly #newId: () => string;
  readonly #open: (connection: string) => Units<Session>;

  constructor(
    server: ServerConnections,
    platform: Platform,
    { newId, rangeRows = RANGE_ROWS, connect: connectTo = connect }: TsqlDatabasesOptions,
  ) {
    const open = (connection: string) => patientUnits(connectTo(connection, { maxConnections: 1 }));
    super(RULES, {
      told,
      inside: async (id) => patientUnits(server.inside((await databaseOf(server, platform, { id })).name)),
      open,
      rangeRows,
    });
    this.#server = server;
    this.#platform = platform;
    this.#newId = newId;
    this.#open = open;
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
    return told(async () => {
      const from = this.#open(source);
      try {
        return await uncopied(this.#server, this.#platform, from);
      } finally {
        await from.close();
      }
    });
  }

  copy(
    source: string,
    name: string,
    watch: (progress: CopyProgress) => void,
    cancelled: AbortSignal,
  ): Promise<DatabaseFacts> {
    const request = { source, name, watch, cancelled };
    return told(() => ensureCopy(this.#server, this.#platform, request, this.#newId() + this.#newId()));
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
      await this.#server
        .onceLeft(database.name, (session) => renameDatabase(session, database.name, name))
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
      await removeDatabase(this.#server, this.#platform, database.name);
    });
  }

  restore(of: { readonly id: string; readonly name: string }, atMs: number, name: string): Promise<DatabaseFacts> {
    return told(async () => {
      const standing = await this.#known({ id: of.id });
      const request = { name, standing: standing?.name ?? null, last: of.name, atMs };
      await this.#platform.restore(this.#server, request);
      const { id } = await databaseOf(this.#server, this.#platform, { name });
      await this.shut(id);
      return factsOf(await databaseOf(this.#server, this.#platform, { name }));
    });
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

  /** DATABASE_GONE. */
  #standing(id: string): Promise<KnownDatabase> {
    return databaseOf(this.#server, this.#platform, { id });
  }

  #known(choice: Parameters<typeof findDatabase>[2]): Promise<KnownDatabase | null> {
    return findDatabase(this.#server, this.#platform, choice);
  }
}

function factsOrNull(database: KnownDatabase | null): DatabaseFacts | null {
  return database && factsOf(database);
}
