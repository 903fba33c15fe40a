import { type Cell, type Column, columnsOfNewTable, exportColumns } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { UnitOptions, Units } from '../../sql/units.ts';
import { NOWHERE } from '../accounting.ts';
import { type RowCheck, rowCheck } from '../cells.ts';
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
import type { Destination } from '../port.ts';
import { misfitOf } from './alterations.ts';
import { applyBatch, type Target } from './apply.ts';
import { createOwn, dropObjects, shapeEntity, standingOf } from './define.ts';
import { NewRows } from './new-rows.ts';
import { settle } from './settle.ts';
import type { Dialect, ObjectName, SqlSession, TableNames } from './statements.ts';

/** A probe of the destination: an answer that takes longer is none. */
const PROBE_MS = 5_000;
/** Widening a column may rewrite its table; a first position and a snapshot's end read one as a whole. Below the ten minutes of a Functions call. */
const LONG: UnitOptions = { statementTimeoutMs: 480_000 };

/** A destination by the statements of a dialect. */
export class SqlDestination<S extends SqlSession> implements Destination {
  readonly #units: Units<S>;
  readonly #dialect: Dialect<S>;
  readonly #names: TableNames;
  readonly #profileId: string;
  readonly #advice: readonly string[];
  readonly #newRows = new NewRows();
  readonly #checks = new WeakMap<readonly Column[], RowCheck>();

  /** `advice`: what an examination tells besides. */
  constructor(units: Units<S>, dialect: Dialect<S>, address: DestinationAddress, advice: readonly string[] = []) {
    this.#units = units;
    this.#dialect = dialect;
    this.#names = dialect.names(address);
    this.#profileId = address.profileId;
    this.#advice = advice;
  }

  existingTables(entities: readonly string[]): Promise<string[]> {
    const { definitions } = this.#dialect;
    const tables = entities.map(
      (entity) => ({ object: this.#names.entity(entity), kind: 'table', statements: [] }) as const,
    );
    return this.#units.onConnection(async (session) => {
      const standing = await standingOf(session, definitions, tables);
      return entities.filter((_, k) => standing.some((one) => one === tables[k])).map((entity) => entity.toLowerCase());
    });
  }

  examine(entities: readonly string[], { deleteLog }: { deleteLog: boolean }): Promise<Examination> {
    const { definitions } = this.#dialect;
    const own = definitions.ownObjects(this.#names, deleteLog).filter(({ kind }) => kind === 'table');
    return this.#units.onConnection(async (session) => {
      const examined = await definitions.examine(
        session,
        this.#names.schema,
        own.map(({ object }) => object),
        entities.map((entity) => this.#names.entity(entity)),
      );
      return { ...examined, advice: [...this.#advice, ...examined.advice] };
    });
  }

  async misfit(entity: EntityMetadata): Promise<string | null> {
    const { definitions } = this.#dialect;
    const table = this.#names.entity(entity.logicalName);
    const standing = await this.#units.onConnection((session) => definitions.standingTable(session, table));
    return standing && misfitOf(definitions, table, standing, definitions.typedColumns(exportColumns(entity)));
  }

  prepare({ deleteLog }: { deleteLog: boolean }): Promise<boolean> {
    return this.#units.inTransaction((session) =>
      createOwn(session, this.#dialect.definitions, this.#names, deleteLog),
    );
  }

  async shape(entity: EntityMetadata, at?: string | null): Promise<boolean> {
    // It stays as it is, and what it cannot hold is refused as a record, rather than that all of the profile's tables wait for one.
    const asTheyAre = new Set<string>();
    for (;;) {
      try {
        return await this.#shape(entity, at, asTheyAre);
      } catch (error) {
        if (!isFreshetError(error, 'COLUMN_NOT_WIDENED')) throw error;
        asTheyAre.add(String(error.values.column));
      }
    }
  }

  #shape(entity: EntityMetadata, at: string | null | undefined, asTheyAre: ReadonlySet<string>): Promise<boolean> {
    const { definitions } = this.#dialect;
    const { logicalName } = entity;
    return this.#units.inTransaction(async (session) => {
      await definitions.lockDefinition(session, this.#names.entity(logicalName));
      await this.#mustStand(session, logicalName, at);
      return shapeEntity(session, definitions, this.#names, logicalName, columnsOfNewTable(entity), asTheyAre);
    }, LONG);
  }

  describe(entity: EntityMetadata, at?: string | null): Promise<void> {
    const { definitions } = this.#dialect;
    return this.#units.inTransaction(async (session) => {
      await definitions.lockDefinition(session, this.#names.position);
      await this.#mustStand(session, entity.logicalName, at);
      await definitions.syncMetadata(session, this.#names, entity);
    });
  }

  describes(entity: string): Promise<boolean> {
    const { definitions } = this.#dialect;
    const told = this.#names.metadata.AttributeMetadata;
    return this.#units.onConnection(async (session) => {
      const standing = await definitions.standingNames(session, 'table', told.schema, [told.name]);
      return standing.length > 0 && definitions.tellsOf(session, told, entity);
    });
  }

  async positions(): Promise<Position[] | null> {
    const { position, retry } = this.#names;
    const { positions, isMissingTable } = this.#dialect;
    try {
      return await this.#units.onConnection((session) => positions.readPositions(session, position, retry), {
        silenceMs: PROBE_MS,
      });
    } catch (error) {
      if (isFreshetError(error) && isMissingTable(error)) return null;
      throw error;
    }
  }

  place(entity: string, expected: string | null, to: { page: string; number: number }): Promise<boolean> {
    const { position } = this.#names;
    const { positions, definitions } = this.#dialect;
    return this.#units.inTransaction(async (session) => {
      const hasPast = expected !== null && expected !== NOWHERE;
      const stamp = hasPast ? 0 : await this.#lastStamp(session, entity);
      if (expected !== null)
        return positions.replacePosition(session, position, this.#profileId, entity, expected, to, stamp);
      await definitions.lockDefinition(session, position);
      if (await positions.othersStand(session, position, [this.#profileId])) return false;
      return positions.insertPosition(session, position, this.#profileId, entity, to, stamp);
    }, LONG);
  }

  forget(entity: string): Promise<void> {
    return this.#units.inTransaction((session) => this.#forget(session, entity));
  }

  claim(entities: readonly string[], former: readonly string[]): Promise<boolean> {
    const { position, retry } = this.#names;
    const { positions, retries, definitions } = this.#dialect;
    return this.#units.inTransaction(async (session) => {
      await definitions.lockDefinition(session, position);
      if (await positions.othersStand(session, position, [this.#profileId, ...former])) return false;
      const taken = await positions.takeOverPositions(session, position, this.#profileId, former);
      await retries.deleteRetriesOf(session, retry, taken);
      for (const entity of entities)
        await positions.insertPosition(session, position, this.#profileId, entity, { page: NOWHERE, number: 0 }, 0);
      return true;
    });
  }

  drop(entity: string): Promise<boolean> {
    const { definitions } = this.#dialect;
    return this.#units.inTransaction(async (session) => {
      const dropped = await dropObjects(session, definitions, definitions.entityObjects(this.#names, entity, []));
      await this.#forget(session, entity);
      return dropped;
    }, LONG);
  }

  dropOwn(): Promise<boolean> {
    const { definitions } = this.#dialect;
    return this.#units.inTransaction((session) =>
      dropObjects(session, definitions, definitions.ownObjects(this.#names, true)),
    );
  }

  /** Position and retries of an entity; nothing, when they are gone already. */
  async #forget(session: S, entity: string): Promise<void> {
    const { position, retry, schema } = this.#names;
    const { positions, retries, definitions } = this.#dialect;
    const standing = await definitions.standingNames(session, 'table', schema, [position.name, retry.name]);
    if (standing.length < 2) return;
    // The position first: it is the lock of all that is applied.
    if (await positions.removePosition(session, position, this.#profileId, entity))
      await retries.deleteRetriesOf(session, retry, [entity]);
  }

  /** Rows of an earlier life of the table may bear stamps ahead of the clock; a resync has to tell them from its own. */
  async #lastStamp(session: S, entity: string): Promise<number> {
    const { definitions, rows } = this.#dialect;
    const table = this.#names.entity(entity);
    const standing = await definitions.standingTable(session, table);
    const hasStamps = definitions.ownColumns.every(({ name }) => standing?.columns.has(name.toLowerCase()));
    return hasStamps ? rows.newestStamp(session, table) : 0;
  }

  refusal({ columns }: Pick<Batch, 'columns'>, row: readonly Cell[]): string | null {
    let check = this.#checks.get(columns);
    if (!check) {
      check = rowCheck(columns, this.#dialect.range);
      this.#checks.set(columns, check);
    }
    return check(row);
  }

  async apply(batch: Batch, mode: 'commit' | 'trial' = 'commit'): Promise<Applied> {
    // A snapshot's end looks at every row of the table.
    const limit = batch.ends.length > 0 ? LONG : {};
    const attempt = (likelyNew: boolean) =>
      this.#units.inTransaction((session) => applyBatch(session, this.#target, batch, likelyNew), {
        ...endOf(mode),
        ...limit,
      });
    const guess = this.#newRows.expects(batch);
    const applied = await attempt(guess).catch((error: unknown) => {
      // One of them stands already, or takes a value over from one that stands.
      if (!guess || !isFreshetError(error) || !this.#dialect.isTaken(error)) throw error;
      return attempt(false);
    });
    this.#newRows.learn(batch, applied);
    return applied;
  }

  dueRetries(now: number, limit: number, except: readonly string[] = []): Promise<RetryEntry[]> {
    return this.#onRetries((session, table) =>
      this.#dialect.retries.readDueRetries(session, table, now, limit, except),
    );
  }

  nextRetryAt(except: readonly string[] = []): Promise<number | null> {
    return this.#onRetries((session, table) => this.#dialect.retries.readNextDue(session, table, except));
  }

  settleRetries(settlement: RetrySettlement, mode: 'commit' | 'trial' = 'commit'): Promise<Settled> {
    return this.#units.inTransaction((session) => settle(session, this.#target, settlement), endOf(mode));
  }

  unloggedFailures(limit: number): Promise<RetryEntry[]> {
    return this.#onRetries((session, table) => this.#dialect.retries.readUnloggedFailures(session, table, limit));
  }

  markLogged(settlementIds: readonly string[]): Promise<void> {
    return this.#onRetries((session, table) => this.#dialect.retries.updateLogged(session, table, settlementIds));
  }

  heldColumns(entity: string, columns: readonly Column[]): Promise<Column[]> {
    const { definitions } = this.#dialect;
    return this.#units.onConnection(async (session) => {
      const standing = await definitions.standingTable(session, this.#names.entity(entity));
      return standing ? definitions.columnsAsHeld(columns, standing) : [];
    });
  }

  heldRows(entity: string, columns: readonly Column[], which: RowChoice): Promise<HeldRow[]> {
    const { rows } = this.#dialect;
    const table = this.#names.entity(entity);
    return this.#units.onConnection((session) => rows.readHeldRows(session, table, columns, which));
  }

  refusedIds(entity: string, ids: readonly string[]): Promise<string[]> {
    return this.#onRetries((session, table) => this.#dialect.retries.readRefusedIds(session, table, entity, ids));
  }

  openBlobs(blobs: readonly string[]): Promise<string[]> {
    return this.#onRetries((session, table) => this.#dialect.retries.readOpenBlobs(session, table, blobs));
  }

  reviveFailures(entity: string, now: number): Promise<number> {
    const { position, retry } = this.#names;
    const { positions, retries } = this.#dialect;
    return this.#units.inTransaction(async (session) => {
      const held = await positions.lockPosition(session, position, this.#profileId, entity);
      return held ? retries.reviveFailed(session, retry, entity, now) : 0;
    });
  }

  close(): Promise<void> {
    return this.#units.close();
  }

  async #mustStand(session: S, entity: string, at: string | null | undefined): Promise<void> {
    if (at === undefined) return;
    const held = await this.#dialect.positions.holdPosition(session, this.#names.position, entity);
    if (at === null ? held === null : held?.page === at && held.profileId === this.#profileId) return;
    throw new FreshetError('POSITION_MOVED', { entity });
  }

  get #target(): Target<S> {
    return { ...this.#dialect, names: this.#names, profileId: this.#profileId };
  }

  #onRetries<T>(work: (session: S, table: ObjectName) => Promise<T>): Promise<T> {
    return this.#units.onConnection((session) => work(session, this.#names.retry));
  }
}

function endOf(mode: 'commit' | 'trial'): UnitOptions {
  return { end: mode === 'commit' ? 'commit' : 'rollback' };
}
