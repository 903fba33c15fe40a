import type { Cell, Column } from '../../dataverse/columns.ts';
import { FreshetError } from '../../errors/error.ts';
import {
  afterBatch,
  afterSettlement,
  currentRetries,
  isResync,
  nextStamp,
  refusedRetries,
  type StoredRetry,
  settled,
} from '../accounting.ts';
import { heldValue, rowCheck } from '../cells.ts';
import type { Applied, Batch, RetrySettlement, Settled } from '../model.ts';
import {
  type Constraint,
  type MemoryArea,
  type MemoryPosition,
  type MemoryRow,
  type MemoryTable,
  type OwnTables,
  retryKey,
} from './database.ts';
import { Journal } from './journal.ts';

/** The dates that every dialect holds. */
export const RANGE = { firstYear: 1 };
const BIGINT_MAX = 2n ** 63n - 1n;
export const OWN_COLUMNS: ReadonlySet<string> = new Set(['id', 'sinkcreatedon', 'sinkmodifiedon']);

/** One transaction on one area: the rules of the model, on maps. Everything runs without a pause, so nothing interleaves. */
export class MemoryTransaction {
  readonly #area: MemoryArea;
  readonly #profileId: string;
  readonly #constraint: Constraint;
  readonly #journal = new Journal();
  #regressed = 0;

  constructor(area: MemoryArea, profileId: string, constraint: Constraint) {
    this.#area = area;
    this.#profileId = profileId;
    this.#constraint = constraint;
  }

  rollback(): void {
    this.#journal.rollback();
  }

  apply(batch: Batch): Applied {
    const { entity } = batch;
    const held = this.#own.positions.get(entity);
    if (!held || held.page !== batch.expected || held.profileId !== this.#profileId) {
      throw new FreshetError('POSITION_MOVED', { entity });
    }
    const stamp = nextStamp(batch.now, held.stamp);
    const removed = { retrying: 0, failed: 0 };
    const ids = [...batch.rows.map(([id]) => String(id)), ...batch.deletions, ...batch.refused.map(({ id }) => id)];
    for (const id of ids) this.#dropRetry(entity, id, removed);
    const deleted = batch.deletions.filter((id) => this.#deleteRow(entity, id, batch.deleteLog ? stamp : null)).length;
    const present = this.#writeRows(
      entity,
      batch.columns,
      batch.rows.map((row) => ({ row, stamp })),
      isResync(held.begins, batch) ? 'touch' : 'keep',
    );
    this.#keepRefused(batch, stamp);
    const ended = this.#endSnapshots(batch, held, stamp, removed);

    const counters = afterBatch(held.counters, batch, removed, this.#regressed);
    this.#journal.set(this.#own.positions, entity, { ...held, ...batch.to, stamp, counters, begins: ended.begins });
    return {
      stamp,
      counters,
      inserted: batch.rows.length - present,
      updated: present,
      deleted,
      removed: ended.removed,
    };
  }

  settle(settlement: RetrySettlement): Settled {
    const { entity } = settlement;
    const held = this.#own.positions.get(entity);
    if (held?.profileId !== this.#profileId) throw new FreshetError('POSITION_MOVED', { entity });
    const current = currentRetries(settlement, this.#retriesOf(entity));
    for (const { id } of current.deletions) this.#deleteRow(entity, id, settlement.deleteLog ? settlement.now : null);
    const rows = current.write.map(({ row, stored }) => ({ row, stamp: stored.stamp }));
    this.#writeRows(entity, settlement.write.columns, rows, 'touch');
    for (const { id } of [...current.write.map(({ stored }) => stored), ...current.deletions]) {
      this.#journal.delete(this.#own.retries, retryKey(entity, id));
    }
    for (const { after } of current.refused) this.#putRetry(after);
    const counters = afterSettlement(held.counters, current, this.#regressed);
    this.#journal.set(this.#own.positions, entity, { ...held, counters });
    return settled(counters, current);
  }

  get #own(): OwnTables {
    if (this.#area.own === null) throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: 'own tables are gone' });
    return this.#area.own;
  }

  #table(entity: string): MemoryTable {
    const table = this.#area.tables.get(entity.toLowerCase());
    if (!table) throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: `table ${entity} does not exist` });
    return table;
  }

  /** Answers how many rows stood before. */
  #writeRows(
    entity: string,
    columns: readonly Column[],
    rows: readonly { readonly row: readonly Cell[]; readonly stamp: number }[],
    same: 'keep' | 'touch',
  ): number {
    if (rows.length === 0) return 0;
    const table = this.#table(entity);
    const kept = columns.map((column) => {
      const held = table.columns.get(column.name);
      if (held || OWN_COLUMNS.has(column.name)) return held ?? column;
      throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: `column ${column.name} does not exist` });
    });
    const check = rowCheck(kept, RANGE);
    let present = 0;
    for (const { row, stamp } of rows) {
      const reason = check(row);
      if (reason) throw new FreshetError('RECORD_REFUSED', { text: reason });
      if (this.#writeRow(entity, table, kept, row, stamp, same)) present++;
    }
    return present;
  }

  #writeRow(
    entity: string,
    table: MemoryTable,
    columns: readonly Column[],
    row: readonly Cell[],
    stamp: number,
    same: 'keep' | 'touch',
  ): boolean {
    const id = String(row[0]).toLowerCase();
    const before = table.rows.get(id);
    const cells: Record<string, Cell> = { ...before?.cells };
    columns.forEach((column, k) => {
      if (!OWN_COLUMNS.has(column.name)) cells[column.name] = heldValue(column, row[k] ?? null);
    });
    this.#allow(entity, id, cells);
    if (isOlder(versionOf(cells), versionOf(before?.cells))) this.#regressed++;
    const stays = same === 'keep' && before !== undefined && sameCells(before.cells, cells);
    const modifiedOn = stays ? before.modifiedOn : stamp;
    this.#journal.set(table.rows, id, { id, createdOn: before?.createdOn ?? stamp, modifiedOn, cells });
    return before !== undefined;
  }

  /** `loggedAt`: null when nothing is to be logged. */
  #deleteRow(entity: string, id: string, loggedAt: number | null): boolean {
    const { rows } = this.#table(entity);
    const row = rows.get(id.toLowerCase());
    if (!row) return false;
    this.#allow(entity, row.id, null);
    this.#journal.delete(rows, row.id);
    if (loggedAt !== null) this.#logDeletion(entity, row, loggedAt);
    return true;
  }

  #logDeletion(entity: string, { id, cells }: MemoryRow, at: number): void {
    const { deletions } = this.#own;
    if (!deletions) throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: 'the delete log does not exist' });
    const last = versionOf(cells) ?? 0n;
    const version = last === BIGINT_MAX ? BIGINT_MAX : last + 1n;
    this.#journal.set(deletions, deletions.size + 1, { entity, id, at, version });
  }

  #allow(entity: string, id: string, cells: Readonly<Record<string, Cell>> | null): void {
    const reason = this.#constraint(entity, id, cells);
    if (reason) throw new FreshetError('RECORD_REFUSED', { text: reason });
  }

  #keepRefused(batch: Batch, stamp: number): void {
    if (batch.refused.length === 0) return;
    const { rows } = this.#table(batch.entity);
    const standing = new Set(batch.refused.map(({ id }) => id.toLowerCase()).filter((id) => rows.has(id)));
    for (const retry of refusedRetries(batch, standing, stamp)) this.#putRetry(retry);
  }

  #endSnapshots(
    batch: Batch,
    held: MemoryPosition,
    stamp: number,
    removedRetries: { retrying: number; failed: number },
  ) {
    const begins = new Map(Object.entries(held.begins));
    for (const snapshot of batch.begins) begins.set(snapshot, stamp);
    let removed = 0;
    for (const snapshot of batch.ends) {
      const begun = begins.get(snapshot);
      if (begun === undefined) continue;
      begins.delete(snapshot);
      const retries = [...this.#retriesOf(batch.entity).values()];
      const refused = new Set(retries.filter((retry) => retry.stamp >= begun).map(({ id }) => id));
      const rows = [...this.#table(batch.entity).rows.values()];
      const unseen = rows.filter(({ id, modifiedOn }) => modifiedOn < begun && !refused.has(id));
      for (const { id } of unseen) this.#deleteRow(batch.entity, id, batch.deleteLog ? stamp : null);
      const old = retries.filter((retry) => retry.stamp < begun);
      for (const { id } of old) this.#dropRetry(batch.entity, id, removedRetries);
      removed += unseen.length + old.length;
    }
    return { begins: Object.fromEntries(begins), removed };
  }

  #retriesOf(entity: string): Map<string, StoredRetry> {
    const retries = [...this.#own.retries.values()].filter((retry) => retry.entity === entity);
    return new Map(retries.map(({ logged: _, ...retry }) => [retry.id, retry]));
  }

  #putRetry(retry: StoredRetry): void {
    const key = retryKey(retry.entity, retry.id);
    const before = this.#own.retries.get(key);
    const logged = before?.logged === true && before.settlementId === retry.settlementId;
    this.#journal.set(this.#own.retries, key, { ...retry, logged });
  }

  #dropRetry(entity: string, id: string, removed: { retrying: number; failed: number }): void {
    const retry = this.#own.retries.get(retryKey(entity, id));
    if (!retry) return;
    if (retry.failedAt === null) removed.retrying++;
    else removed.failed++;
    this.#journal.delete(this.#own.retries, retryKey(entity, id));
  }
}

function sameCells(a: Readonly<Record<string, Cell>>, b: Readonly<Record<string, Cell>>): boolean {
  return Object.keys(b).every((name) => (a[name] ?? null) === (b[name] ?? null));
}

function versionOf(cells: Readonly<Record<string, Cell>> | undefined): bigint | null {
  const version = cells?.versionnumber ?? null;
  return version === null ? null : BigInt(version);
}

function isOlder(version: bigint | null, than: bigint | null): boolean {
  return version !== null && than !== null && version < than;
}
