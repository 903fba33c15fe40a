import { type Cell, type Column, columnsOfNewTable, exportColumns } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { parseAddress } from '../../sql/postgres/address.ts';
import { connect, type PostgresPool } from '../../sql/postgres/connect.ts';
import { inTransaction, onConnection, type Session, type UnitOptions } from '../../sql/postgres/session.ts';
import { NOWHERE } from '../accounting.ts';
import { type RowCheck, rowCheck } from '../cells.ts';
import { metadataRows } from '../metadata-rows.ts';
import { METADATA_TABLES } from '../metadata-tables.ts';
import type {
  Applied,
  Batch,
  DestinationAddress,
  Examination,
  HeldRow,
  Position,
  RetryEntry,
  RetrySettlement,
  RowChoice,
  Settled,
} from '../model.ts';
import type { Destination, OpenDestination } from '../port.ts';
import { applyBatch } from './apply.ts';
import { misfitOf, typedColumns } from './ddl.ts';
import { createOwnTables, lockDefinition, shapeTable } from './define.ts';
import { RANGE, SINK_MODIFIED_ON, type TableName, type TableNames, tableNames } from './dialect.ts';
import { columnsAsHeld, readHeldRows } from './held-rows.ts';
import { hasColumn, standingNames, standingTable } from './introspect.ts';
import { syncMetadataTable, tellsOf } from './metadata-tables.ts';
import { NewRows } from './new-rows.ts';
import { ownTables } from './own-tables.ts';
import { adviceOnAddress, examine } from './permissions.ts';
import {
  insertPosition,
  lockPosition,
  othersStand,
  readPositions,
  replacePosition,
  standsAt,
  takeOverPositions,
} from './positions.ts';
import { dropTables, forgetEntity } from './remove.ts';
import {
  deleteRetriesOf,
  readDueRetries,
  readNextDue,
  readOpenBlobs,
  readRefusedIds,
  readUnloggedFailures,
  reviveFailed,
  updateLogged,
} from './retries.ts';
import { newestStamp } from './rows.ts';
import { settle } from './settle.ts';

/** A probe of the destination: an answer that takes longer is none. */
const PROBE_MS = 5_000;
/** Widening a column may rewrite its table; a first position and a snapshot's end read one as a whole. Below the ten minutes of a Functions call. */
const LONG_STATEMENT_MS = 480_000;

const UNDEFINED_TABLE = '42P01';

export const openPostgresDestination: OpenDestination = (connectionString, address) =>
  new PostgresDestination(connect(connectionString), address, adviceOnAddress(parseAddress(connectionString)));

export class PostgresDestination implements Destination {
  readonly #pool: PostgresPool;
  readonly #names: TableNames;
  readonly #profileId: string;
  readonly #advice: readonly string[];
  readonly #newRows = new NewRows();
  readonly #checks = new WeakMap<readonly Column[], RowCheck>();

  /** `advice`: what an examination tells besides. */
  constructor(pool: PostgresPool, address: DestinationAddress, advice: readonly string[] = []) {
    this.#pool = pool;
    this.#names = tableNames(address);
    this.#profileId = address.profileId;
    this.#advice = advice;
  }

  existingTables(entities: readonly string[]): Promise<string[]> {
    return onConnection(this.#pool, async (session) => {
      const names = entities.map((entity) => this.#names.entity(entity).name);
      const standing = await standingNames(session, this.#names.schema, names);
      return entities.filter((_, k) => standing.includes(names[k] ?? '')).map((entity) => entity.toLowerCase());
    });
  }

  examine(entities: readonly string[], { deleteLog }: { deleteLog: boolean }): Promise<Examination> {
    const own = ownTables(this.#names, deleteLog).map(({ table }) => table);
    const others = entities.map((entity) => this.#names.entity(entity));
    return onConnection(this.#pool, async (session) => {
      const examined = await examine(session, this.#names.schema, own, others);
      return { ...examined, advice: [...this.#advice, ...examined.advice] };
    });
  }

  async misfit(entity: EntityMetadata): Promise<string | null> {
    const table = this.#names.entity(entity.logicalName);
    const standing = await onConnection(this.#pool, (session) => standingTable(session, table));
    return standing && misfitOf(table, standing, typedColumns(exportColumns(entity)));
  }

  prepare({ deleteLog }: { deleteLog: boolean }): Promise<boolean> {
    return this.#transaction((session) => createOwnTables(session, this.#names, deleteLog));
  }

  shape(entity: EntityMetadata, at?: string | null): Promise<boolean> {
    const table = this.#names.entity(entity.logicalName);
    const work = async (session: Session) => {
      await lockDefinition(session, table);
      await this.#mustStand(session, entity, at);
      return shapeTable(session, table, columnsOfNewTable(entity));
    };
    return this.#transaction(work, { statementTimeoutMs: LONG_STATEMENT_MS });
  }

  describe(entity: EntityMetadata, at?: string | null): Promise<void> {
    const rows = metadataRows(entity);
    return this.#transaction(async (session) => {
      await lockDefinition(session, this.#names.position);
      await this.#mustStand(session, entity, at);
      for (const kind of METADATA_TABLES) {
        await syncMetadataTable(session, kind, this.#names.metadata[kind], entity.logicalName, rows);
      }
    });
  }

  describes(entity: string): Promise<boolean> {
    const { schema, metadata } = this.#names;
    const told = metadata.AttributeMetadata;
    return onConnection(this.#pool, async (session) => {
      const standing = await standingNames(session, schema, [told.name]);
      return standing.length > 0 && tellsOf(session, told, entity);
    });
  }

  async positions(): Promise<Position[] | null> {
    const { position, retry } = this.#names;
    try {
      return await onConnection(this.#pool, (session) => readPositions(session, position, retry), {
        silenceMs: PROBE_MS,
      });
    } catch (error) {
      if (isFreshetError(error) && error.values.number === UNDEFINED_TABLE) return null;
      throw error;
    }
  }

  place(entity: string, expected: string | null, to: { page: string; number: number }): Promise<boolean> {
    const { position } = this.#names;
    const work = async (session: Session) => {
      const hasPast = expected !== null && expected !== NOWHERE;
      const stamp = hasPast ? 0 : await this.#lastStamp(session, entity);
      if (expected !== null) return replacePosition(session, position, this.#profileId, entity, expected, to, stamp);
      await lockDefinition(session, position);
      if (await othersStand(session, position, [this.#profileId])) return false;
      return insertPosition(session, position, this.#profileId, entity, to, stamp);
    };
    return this.#transaction(work, { statementTimeoutMs: LONG_STATEMENT_MS });
  }

  forget(entity: string): Promise<void> {
    return this.#transaction((session) => forgetEntity(session, this.#names, this.#profileId, entity));
  }

  claim(entities: readonly string[], former: readonly string[]): Promise<boolean> {
    const { position, retry } = this.#names;
    return this.#transaction(async (session) => {
      await lockDefinition(session, position);
      if (await othersStand(session, position, [this.#profileId, ...former])) return false;
      const taken = await takeOverPositions(session, position, this.#profileId, former);
      await deleteRetriesOf(session, retry, taken);
      for (const entity of entities)
        await insertPosition(session, position, this.#profileId, entity, { page: NOWHERE, number: 0 }, 0);
      return true;
    });
  }

  drop(entity: string): Promise<boolean> {
    return this.#transaction(
      async (session) => {
        const dropped = await dropTables(session, [this.#names.entity(entity)]);
        await forgetEntity(session, this.#names, this.#profileId, entity);
        return dropped;
      },
      { statementTimeoutMs: LONG_STATEMENT_MS },
    );
  }

  dropOwn(): Promise<boolean> {
    return this.#transaction((session) => dropTables(session, this.#ownTables()));
  }

  /** Rows of an earlier life of the table may bear stamps ahead of the clock; a resync has to tell them from its own. */
  async #lastStamp(session: Session, entity: string): Promise<number> {
    const table = this.#names.entity(entity);
    return (await hasColumn(session, table, SINK_MODIFIED_ON)) ? newestStamp(session, table) : 0;
  }

  refusal({ columns }: Pick<Batch, 'columns'>, row: readonly Cell[]): string | null {
    let check = this.#checks.get(columns);
    if (!check) {
      check = rowCheck(columns, RANGE);
      this.#checks.set(columns, check);
    }
    return check(row);
  }

  async apply(batch: Batch, mode: 'commit' | 'trial' = 'commit'): Promise<Applied> {
    // A snapshot's end looks at every row of the table.
    const limit = batch.ends.length > 0 ? { statementTimeoutMs: LONG_STATEMENT_MS } : {};
    const work = (session: Session) => applyBatch(session, this.#target, batch);
    const applied = await this.#transaction(work, { ...endOf(mode), ...limit });
    this.#newRows.learn(batch, applied);
    return applied;
  }

  dueRetries(now: number, limit: number, except: readonly string[] = []): Promise<RetryEntry[]> {
    return onConnection(this.#pool, (session) => readDueRetries(session, this.#names.retry, now, limit, except));
  }

  nextRetryAt(except: readonly string[] = []): Promise<number | null> {
    return onConnection(this.#pool, (session) => readNextDue(session, this.#names.retry, except));
  }

  settleRetries(settlement: RetrySettlement, mode: 'commit' | 'trial' = 'commit'): Promise<Settled> {
    return this.#transaction((session) => settle(session, this.#target, settlement), endOf(mode));
  }

  unloggedFailures(limit: number): Promise<RetryEntry[]> {
    return onConnection(this.#pool, (session) => readUnloggedFailures(session, this.#names.retry, limit));
  }

  markLogged(settlementIds: readonly string[]): Promise<void> {
    return onConnection(this.#pool, (session) => updateLogged(session, this.#names.retry, settlementIds));
  }

  heldColumns(entity: string, columns: readonly Column[]): Promise<Column[]> {
    return onConnection(this.#pool, async (session) => {
      const standing = await standingTable(session, this.#names.entity(entity));
      return standing ? columnsAsHeld(columns, standing) : [];
    });
  }

  heldRows(entity: string, columns: readonly Column[], which: RowChoice): Promise<HeldRow[]> {
    return onConnection(this.#pool, (session) => readHeldRows(session, this.#names.entity(entity), columns, which));
  }

  refusedIds(entity: string, ids: readonly string[]): Promise<string[]> {
    return onConnection(this.#pool, (session) => readRefusedIds(session, this.#names.retry, entity, ids));
  }

  openBlobs(blobs: readonly string[]): Promise<string[]> {
    return onConnection(this.#pool, (session) => readOpenBlobs(session, this.#names.retry, blobs));
  }

  reviveFailures(entity: string, now: number): Promise<number> {
    const { position, retry } = this.#names;
    return this.#transaction(async (session) => {
      const held = await lockPosition(session, position, this.#profileId, entity);
      return held ? reviveFailed(session, retry, entity, now) : 0;
    });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #mustStand(session: Session, { logicalName: entity }: EntityMetadata, at: string | null | undefined) {
    if (at === undefined || (await standsAt(session, this.#names.position, this.#profileId, entity, at))) return;
    throw new FreshetError('POSITION_MOVED', { entity });
  }

  #ownTables(): TableName[] {
    return ownTables(this.#names, true).map(({ table }) => table);
  }

  get #target() {
    return { names: this.#names, profileId: this.#profileId, newRows: this.#newRows };
  }

  #transaction<T>(work: (session: Session) => Promise<T>, options?: UnitOptions): Promise<T> {
    return inTransaction(this.#pool, work, options);
  }
}

function endOf(mode: 'commit' | 'trial'): UnitOptions {
  return { end: mode === 'commit' ? 'commit' : 'rollback' };
}
