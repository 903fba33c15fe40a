import { type Cell, type Column, exportColumns } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { FreshetError } from '../../errors/error.ts';
import { NO_COUNTERS, NOWHERE } from '../accounting.ts';
import { heldValue, type RowCheck, rowCheck } from '../cells.ts';
import { metadataRows } from '../metadata-rows.ts';
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
import { PERMISSION_CODES, permissionCheck } from '../permissions.ts';
import type { Destination } from '../port.ts';
import type { MemoryArea, MemoryDatabase, MemoryPosition, MemoryRow, OwnTables } from './database.ts';
import {
  compare,
  dueRetries,
  forgetRetries,
  markLogged,
  nextDue,
  openBlobs,
  refusedIds,
  reviveFailures,
  unloggedFailures,
} from './retries.ts';
import { MemoryTransaction, OWN_COLUMNS, RANGE } from './transaction.ts';
import { setAside, widenColumn } from './widen.ts';

/** A destination in memory, by the same rules as the databases: for the simulation and for tests. */
export class MemoryDestination implements Destination {
  readonly #database: MemoryDatabase;
  readonly #address: DestinationAddress;
  readonly #checks = new WeakMap<readonly Column[], RowCheck>();
  #closed = false;

  constructor(database: MemoryDatabase, address: DestinationAddress) {
    this.#database = database;
    this.#address = address;
  }

  examine(): Promise<Examination> {
    return this.#run('examine', () => ({
      permissions: PERMISSION_CODES.map((code) =>
        this.#database.denied.has(code)
          ? permissionCheck(code, 'missing', 'it was taken away', `GRANT ${code}`)
          : permissionCheck(code, 'granted', 'Everything is allowed in memory.'),
      ),
      readOnly: false,
      foreign: [],
      advice: [],
    }));
  }

  misfit(entity: EntityMetadata): Promise<string | null> {
    return this.#run('misfit', ({ tables }) => {
      const table = tables.get(entity.logicalName.toLowerCase());
      const held = (column: Column) => table?.columns.get(column.name);
      const foreign = exportColumns(entity).find((column) => widenColumn(held(column), column) === null);
      if (!foreign) return null;
      return `column ${foreign.name} of table ${entity.logicalName} is ${held(foreign)?.type} and has to be ${foreign.type}`;
    });
  }

  existingTables(entities: readonly string[]): Promise<string[]> {
    return this.#run('existingTables', ({ tables }) =>
      entities.map((entity) => entity.toLowerCase()).filter((entity) => tables.has(entity)),
    );
  }

  prepare({ deleteLog }: { deleteLog: boolean }): Promise<boolean> {
    return this.#run('prepare', (area) => {
      const missing = area.own === null || (deleteLog && area.own.deletions === null);
      area.own ??= { positions: new Map(), retries: new Map(), metadata: new Map(), deletions: null };
      if (deleteLog) area.own.deletions ??= new Map();
      return missing;
    });
  }

  shape(entity: EntityMetadata, at?: string | null): Promise<boolean> {
    return this.#run('shape', (area) => {
      this.#mustStand(area, entity, at);
      const { tables } = area;
      const name = entity.logicalName.toLowerCase();
      const columns = exportColumns(entity).map((column) => [column.name, column] as const);
      const table = tables.get(name);
      if (!table) {
        tables.set(name, { columns: new Map(columns), rows: new Map() });
        return true;
      }
      const changed = columns.filter(
        ([key, column]) => widenColumn(table.columns.get(key), column) !== table.columns.get(key),
      );
      for (const [key, column] of changed) {
        const wider = widenColumn(table.columns.get(key), column);
        if (wider === null) setAside(table, key);
        table.columns.set(key, wider ?? column);
      }
      return changed.length > 0;
    });
  }

  describe(entity: EntityMetadata, at?: string | null): Promise<void> {
    return this.#run('describe', (area) => {
      this.#mustStand(area, entity, at);
      this.#own(area).metadata.set(entity.logicalName, metadataRows(entity));
    });
  }

  describes(entity: string): Promise<boolean> {
    return this.#run('describes', ({ own }) => own?.metadata.has(entity) ?? false);
  }

  positions(): Promise<Position[] | null> {
    return this.#run('positions', ({ own }) => {
      if (own === null) return null;
      const positions = [...own.positions].map(([entity, { begins: _, ...position }]) => ({ entity, ...position }));
      return positions.sort((a, b) => (a.entity < b.entity ? -1 : 1));
    });
  }

  place(entity: string, expected: string | null, to: { page: string; number: number }): Promise<boolean> {
    return this.#run('place', (area) => {
      const own = this.#own(area);
      const { positions } = own;
      const { profileId } = this.#address;
      const held = positions.get(entity);
      if (expected === null ? held || othersStand(own, [profileId]) : !isOwn(held, profileId, expected)) return false;
      const hasPast = expected !== null && expected !== NOWHERE;
      const rows = hasPast ? [] : [...(area.tables.get(entity.toLowerCase())?.rows.values() ?? [])];
      const stamp = rows.reduce((newest, { modifiedOn }) => Math.max(newest, modifiedOn), held?.stamp ?? 0);
      positions.set(entity, {
        profileId,
        page: to.page,
        number: to.number,
        stamp,
        counters: held?.counters ?? NO_COUNTERS,
        begins: {},
      });
      return true;
    });
  }

  forget(entity: string): Promise<void> {
    return this.#run('forget', (area) => this.#forget(area, entity));
  }

  claim(entities: readonly string[], former: readonly string[]): Promise<boolean> {
    return this.#run('claim', (area) => {
      const own = this.#own(area);
      const { profileId } = this.#address;
      if (othersStand(own, [profileId, ...former])) return false;
      const nowhere = { profileId, page: NOWHERE, number: 0, counters: NO_COUNTERS, begins: {} };
      for (const [entity, held] of own.positions) {
        if (!former.includes(held.profileId)) continue;
        own.positions.set(entity, { ...held, ...nowhere });
        forgetRetries(own, entity);
      }
      for (const entity of entities)
        if (!own.positions.has(entity)) own.positions.set(entity, { ...nowhere, stamp: 0 });
      return true;
    });
  }

  drop(entity: string): Promise<boolean> {
    return this.#run('drop', (area) => {
      this.#forget(area, entity);
      return area.tables.delete(entity.toLowerCase());
    });
  }

  dropOwn(): Promise<boolean> {
    return this.#run('dropOwn', (area) => {
      const stood = area.own !== null;
      area.own = null;
      return stood;
    });
  }

  refusal({ columns }: Pick<Batch, 'columns'>, row: readonly Cell[]): string | null {
    let check = this.#checks.get(columns);
    if (!check) {
      check = rowCheck(columns, RANGE);
      this.#checks.set(columns, check);
    }
    return check(row);
  }

  apply(batch: Batch, mode: 'commit' | 'trial' = 'commit'): Promise<Applied> {
    batch.onStaged?.();
    return this.#transaction(mode === 'commit' ? 'apply' : 'trial', (transaction) => transaction.apply(batch));
  }

  dueRetries(now: number, limit: number, except: readonly string[] = []): Promise<RetryEntry[]> {
    return this.#run('dueRetries', (area) => dueRetries(this.#own(area), now, limit, except));
  }

  nextRetryAt(except: readonly string[] = []): Promise<number | null> {
    return this.#run('nextRetryAt', (area) => nextDue(this.#own(area), except));
  }

  settleRetries(settlement: RetrySettlement, mode: 'commit' | 'trial' = 'commit'): Promise<Settled> {
    const operation = mode === 'commit' ? 'settleRetries' : 'trial';
    return this.#transaction(operation, (transaction) => transaction.settle(settlement));
  }

  unloggedFailures(limit: number): Promise<RetryEntry[]> {
    return this.#run('unloggedFailures', (area) => unloggedFailures(this.#own(area), limit));
  }

  markLogged(settlementIds: readonly string[]): Promise<void> {
    return this.#run('markLogged', (area) => markLogged(this.#own(area), settlementIds));
  }

  heldColumns(entity: string, columns: readonly Column[]): Promise<Column[]> {
    return this.#run('heldColumns', ({ tables }) => {
      const table = tables.get(entity.toLowerCase());
      return columns.flatMap(({ name }) => (OWN_COLUMNS.has(name) ? [] : (table?.columns.get(name) ?? [])));
    });
  }

  heldRows(entity: string, columns: readonly Column[], which: RowChoice): Promise<HeldRow[]> {
    return this.#run('heldRows', ({ tables }) =>
      chosen([...(tables.get(entity.toLowerCase())?.rows.values() ?? [])], which).map(({ id, cells }) => ({
        id,
        cells: columns.map((column) => heldValue(column, cells[column.name] ?? null)),
      })),
    );
  }

  refusedIds(entity: string, ids: readonly string[]): Promise<string[]> {
    return this.#run('refusedIds', (area) => refusedIds(this.#own(area), entity, ids));
  }

  openBlobs(blobs: readonly string[]): Promise<string[]> {
    return this.#run('openBlobs', (area) => openBlobs(this.#own(area), blobs));
  }

  reviveFailures(entity: string, now: number): Promise<number> {
    return this.#run('reviveFailures', (area) => {
      const own = this.#own(area);
      const isOurs = own.positions.get(entity)?.profileId === this.#address.profileId;
      return isOurs ? reviveFailures(own, entity, now) : 0;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #transaction<T>(operation: string, work: (transaction: MemoryTransaction) => T): Promise<T> {
    return this.#run(operation, (area) => {
      const transaction = new MemoryTransaction(area, this.#address.profileId, this.#database.constraint);
      try {
        const result = work(transaction);
        if (operation === 'trial') transaction.rollback();
        return result;
      } catch (error) {
        transaction.rollback();
        throw error;
      }
    });
  }

  /** The work itself has no pause in it: it happens as a whole between the two steps. */
  async #run<T>(operation: string, work: (area: MemoryArea) => T): Promise<T> {
    const { step } = this.#database.options;
    await step?.('before', operation);
    if (this.#closed) throw new FreshetError('DESTINATION_UNAVAILABLE', { text: 'the destination was closed' });
    const result = work(this.#database.area(this.#address));
    await step?.('after', operation);
    return result;
  }

  #mustStand(area: MemoryArea, { logicalName: entity }: EntityMetadata, at: string | null | undefined): void {
    if (at === undefined) return;
    const held = this.#own(area).positions.get(entity);
    const stands = at === null ? !held : held?.page === at && held.profileId === this.#address.profileId;
    if (!stands) throw new FreshetError('POSITION_MOVED', { entity });
  }

  #forget({ own }: MemoryArea, entity: string): void {
    if (own?.positions.get(entity)?.profileId !== this.#address.profileId) return;
    own.positions.delete(entity);
    forgetRetries(own, entity);
  }

  #own({ own }: MemoryArea): OwnTables {
    if (own === null) throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: 'own tables are gone' });
    return own;
  }
}

function chosen(rows: readonly MemoryRow[], which: RowChoice): MemoryRow[] {
  if ('ids' in which) {
    const ids = new Set(which.ids.map((id) => id.toLowerCase()));
    return rows.filter(({ id }) => ids.has(id));
  }
  const { after, limit } = which;
  return rows
    .filter(({ id }) => after === null || id > after)
    .sort((a, b) => compare(a.id, b.id))
    .slice(0, limit);
}

function isOwn(held: MemoryPosition | undefined, profileId: string, page: string): boolean {
  return held?.profileId === profileId && held.page === page;
}

function othersStand({ positions }: OwnTables, profileIds: readonly string[]): boolean {
  return [...positions.values()].some(({ profileId }) => !profileIds.includes(profileId));
}
