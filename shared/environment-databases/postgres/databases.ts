import { FreshetError } from '../../errors/error.ts';
import { connect } from '../../sql/postgres/connect.ts';
import { quoteName } from '../../sql/postgres/names.ts';
import { onConnection, type Session, unitsOn } from '../../sql/postgres/session.ts';
import { type Access, COPY_NAME, type CopyProgress, type DatabaseFacts } from '../model.ts';
import type { EnvironmentDatabases, OpenDatabases } from '../port.ts';
import { SqlScrubbing } from '../sql/scrubbing.ts';
import { giveInnerAccess, parseAccess, readAccess } from './access.ts';
import { PATIENT, ServerConnections } from './connections.ts';
import { emptyDatabase, ensureCopy, removeDatabase } from './copies.ts';
import { giveEntry, revokeEntry } from './entry.ts';
import { environmentError, stateOf, told } from './errors.ts';
import { writeComment, writeMark } from './marks.ts';
import { missingRights } from './rights.ts';
import { PIECE_BYTES } from './rows.ts';
import { RULES } from './rules.ts';
import {
  databaseOf,
  entryOf,
  factsOf,
  findDatabase,
  isHalfCopy,
  listAdministrators,
  listDatabases,
  type ServerDatabase,
} from './server.ts';
import type { StandingTable } from './tables.ts';
import { takeTracesOut } from './traces.ts';
import { uncopied } from './uncopied.ts';
import { RANGE_ROWS } from './walk.ts';

export interface PostgresDatabasesOptions {
  /** Rows of one range of a rule. */
  readonly rangeRows?: number;
  /** Bytes of a table that one reader copies at once. */
  readonly pieceBytes?: number;
}

/** Databases on PostgreSQL 14 and later. `connection` names the server and the runbook's principal; its database does not matter. */
export function openPostgresDatabases(options: PostgresDatabasesOptions = {}): OpenDatabases {
  return async (connection) => {
    try {
      return new PostgresDatabases(new ServerConnections(connection), options);
    } catch (error) {
      throw environmentError(error);
    }
  };
}

class PostgresDatabases extends SqlScrubbing<Session, StandingTable> implements EnvironmentDatabases {
  readonly #server: ServerConnections;
  readonly #pieceBytes: number;

  constructor(
    server: ServerConnections,
    { rangeRows = RANGE_ROWS, pieceBytes = PIECE_BYTES }: PostgresDatabasesOptions,
  ) {
    const nameOf = async (id: string) => (await server.onServer((session) => databaseOf(session, id))).name;
    super(RULES, {
      told,
      inside: async (id) => unitsOn(server.inside(await nameOf(id))),
      open: (connection) => unitsOn(connect(connection, { ...PATIENT, maxConnections: 1 })),
      rangeRows,
    });
    this.#server = server;
    this.#pieceBytes = pieceBytes;
  }

  find(name: string): Promise<DatabaseFacts | null> {
    return told(async () => facts(await this.#server.onServer((session) => findDatabase(session, { name }))));
  }

  findById(id: string): Promise<DatabaseFacts | null> {
    return told(async () => facts(await this.#server.onServer((session) => findDatabase(session, { id }))));
  }

  listCopies(): Promise<DatabaseFacts[]> {
    return told(async () => {
      const copies = await this.#server.onServer((session) => listDatabases(session, { pattern: COPY_NAME }));
      return copies.map(factsOf);
    });
  }

  /** PostgreSQL tells nobody of its disk. */
  async freeBytes(): Promise<null> {
    return null;
  }

  administrators(): Promise<string[]> {
    return told(() => this.#server.onServer(listAdministrators));
  }

  missingRights(id: string): Promise<string[]> {
    return told(async () => {
      const pool = this.#server.inside((await this.#database(id)).name);
      return this.#server.onServer((server) => onConnection(pool, (inside) => missingRights(server, inside, id)));
    });
  }

  uncopied(source: string): Promise<string[]> {
    return told(async () => {
      const pool = connect(source, { maxConnections: 1 });
      try {
        return await onConnection(pool, (session) => this.#server.onServer((server) => uncopied(session, server)));
      } finally {
        await pool.end();
      }
    });
  }

  copy(
    source: string,
    name: string,
    watch: (progress: CopyProgress) => void,
    cancelled: AbortSignal,
  ): Promise<DatabaseFacts> {
    const request = { source, name, watch, cancelled, pieceBytes: this.#pieceBytes };
    return told(() => ensureCopy(this.#server, request));
  }

  access(id: string): Promise<Access> {
    return told(async () => {
      const { name, mark } = await this.#database(id);
      const entry = mark?.entry ?? (await this.#server.onServer((session) => entryOf(session, id)));
      const inner = await onConnection(this.#server.inside(name), readAccess);
      return { dialect: 'postgres', entry, ...inner };
    });
  }

  giveAccess(id: string, access: Access): Promise<void> {
    return told(async () => {
      const wanted = parseAccess(access);
      const { name, mark } = await this.#database(id);
      await onConnection(this.#server.inside(name), (session) => giveInnerAccess(session, wanted));
      await this.#server.inServerTransaction(async (session) => {
        if (mark) return writeMark(session, name, { ...mark, entry: wanted.entry });
        await revokeEntry(session, name, await entryOf(session, id));
        await giveEntry(session, name, wanted.entry);
      });
    });
  }

  shut(id: string): Promise<void> {
    return told(async () => {
      const { name } = await this.#database(id);
      await this.#server.inServerTransaction(async (session) => {
        const { comment, mark } = await databaseOf(session, id);
        if (mark) return;
        const entry = await entryOf(session, id);
        await revokeEntry(session, name, entry);
        await writeMark(session, name, { state: 'shut', entry, comment });
      });
      await emptyDatabase(this.#server, { id, name });
    });
  }

  open(id: string): Promise<void> {
    return told(async () => {
      await this.#server.inServerTransaction(async (session) => {
        const { name, mark } = await databaseOf(session, id);
        if (!mark) return;
        if (mark.state !== 'shut') throw new FreshetError('DATABASE_UNSCRUBBED', { id });
        await writeComment(session, name, mark.comment);
        if (mark.entry) await giveEntry(session, name, mark.entry);
      });
    });
  }

  rename(id: string, name: string): Promise<void> {
    return told(async () => {
      const database = await this.#database(id);
      if (database.name === name) return;
      await this.#server.leave(name);
      if (database.mark) await emptyDatabase(this.#server, database);
      await this.#server.leave(database.name);
      await this.#server
        .onServer((session) => session.query(`ALTER DATABASE ${quoteName(database.name)} RENAME TO ${quoteName(name)}`))
        .catch((error: unknown) => {
          throw nameError(error, name);
        });
    });
  }

  drop(id: string): Promise<void> {
    return told(async () => {
      const database = await this.#server.onServer((session) => findDatabase(session, { id }));
      if (!database) return;
      if (!database.mark && !isHalfCopy(database))
        throw new FreshetError('DATABASE_IN_SERVICE', { name: database.name });
      await removeDatabase(this.#server, database);
    });
  }

  async restore(of: { readonly id: string; readonly name: string }): Promise<DatabaseFacts> {
    throw new FreshetError('RESTORE_NOT_SUPPORTED', { name: of.name });
  }

  finish(id: string): Promise<void> {
    return told(async () => {
      const { name, mark } = await this.#database(id);
      if (mark?.state === 'copying') throw new FreshetError('DATABASE_UNSCRUBBED', { id });
      await onConnection(this.#server.inside(name), takeTracesOut);
      if (mark?.state !== 'unscrubbed') return;
      await this.#server.inServerTransaction((session) => writeMark(session, name, { ...mark, state: 'shut' }));
    });
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #database(id: string): Promise<ServerDatabase> {
    return this.#server.onServer((session) => databaseOf(session, id));
  }
}

function facts(database: ServerDatabase | null): DatabaseFacts | null {
  return database && factsOf(database);
}

const DUPLICATE_DATABASE = '42P04';

function nameError(error: unknown, name: string): unknown {
  const cause = error instanceof FreshetError ? error.cause : error;
  return stateOf(cause) === DUPLICATE_DATABASE ? new FreshetError('DATABASE_NAME_TAKEN', { name }, error) : error;
}
