import { FreshetError } from '../../errors/error.ts';
import { classify } from '../../sql/postgres/classify.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { afterBatch, isResync, type RemovedRetries, refusedRetries } from '../accounting.ts';
import type { Applied, Batch } from '../model.ts';
import type { TableName, TableNames } from './dialect.ts';
import { hasColumn } from './introspect.ts';
import { copyNewRows, type NewRows } from './new-rows.ts';
import { type Held, movePosition, updateHeld } from './positions.ts';
import { deleteOlderRetries, deleteRetries, insertRetries } from './retries.ts';
import {
  type DeletionLog,
  deleteOlderRows,
  deleteRows,
  standingRows,
  touchRows,
  type Upserted,
  upsertRows,
} from './rows.ts';
import { rowShape, stage, unstage } from './staging.ts';

/** Whose tables a transaction works on. */
export interface Target {
  readonly names: TableNames;
  readonly profileId: string;
  readonly newRows: NewRows;
}

/** Makes a batch true; runs inside one transaction. POSITION_MOVED when another worker was first. */
export async function applyBatch(session: Session, target: Target, batch: Batch): Promise<Applied> {
  const { names, profileId } = target;
  const held = await movePosition(session, names.position, profileId, batch);
  if (!held) throw new FreshetError('POSITION_MOVED', { entity: batch.entity });
  const table = names.entity(batch.entity);
  const log = await deletionLog(session, names, batch.entity, batch.deleteLog && removesRows(batch), held.stamp);

  const replaced = await replaceRetries(session, names, batch, held);
  // Deletions first: a value that the customer declared unique may have gone over to another row.
  let deleted = 0;
  for (const ids of inStatements(batch.deletions, batch)) deleted += await deleteRows(session, table, ids, log);
  const { present, regressed } = await writeRows(session, target, batch, held);
  await keepRefused(session, names, batch, held.stamp);
  const ended = await endSnapshots(session, names, batch, held, log);

  const removed = {
    retrying: replaced.retrying + ended.retries.retrying,
    failed: replaced.failed + ended.retries.failed,
  };
  const counters = afterBatch(held.counters, batch, removed, regressed);
  await updateHeld(session, names.position, batch.entity, { ...held, counters, begins: ended.begins });
  return {
    stamp: held.stamp,
    counters,
    inserted: batch.rows.length - present,
    updated: present,
    deleted,
    removed: ended.rows + ended.retries.retrying + ended.retries.failed,
  };
}

function removesRows(batch: Batch): boolean {
  return batch.deletions.length > 0 || batch.ends.length > 0;
}

/** Null when nothing is to be logged. `at`: ms since 1970 UTC. */
export async function deletionLog(
  session: Session,
  names: TableNames,
  entity: string,
  wanted: boolean,
  at: number,
): Promise<DeletionLog | null> {
  if (!wanted) return null;
  const hasVersion = await hasColumn(session, names.entity(entity), 'versionnumber');
  return { table: names.deleteLog, entity, at, hasVersion };
}

/** Any entry of an id replaces what was refused of it before. */
async function replaceRetries(
  session: Session,
  names: TableNames,
  batch: Batch,
  { counters }: Held,
): Promise<RemovedRetries> {
  if (counters.retrying + counters.failed === 0) return { retrying: 0, failed: 0 };
  const ids = [...batch.rows.map((row) => String(row[0])), ...batch.deletions, ...batch.refused.map(({ id }) => id)];
  return ids.length > 0 ? deleteRetries(session, names.retry, batch.entity, ids) : { retrying: 0, failed: 0 };
}

/** A resync's end knows the rows it has seen by their stamp; else a row that says the same is not written. */
async function writeRows(
  session: Session,
  { names, newRows }: Target,
  batch: Batch,
  { stamp, begins }: Held,
): Promise<Upserted> {
  const table = names.entity(batch.entity);
  const shape = rowShape(batch.columns);
  const same = isResync(begins, batch) ? 'touch' : 'keep';
  const written = { present: 0, regressed: 0 };
  if (newRows.expects(batch) && (await copyNewRows(session, table, shape, batch, stamp))) return written;
  for (const rows of inStatements(batch.rows, batch)) {
    if (rows !== batch.rows) await unstage(session);
    const source = await stage(session, shape, rows, stamp);
    const { present, regressed } = await upsertRows(session, table, shape, source, same);
    written.present += present;
    written.regressed += regressed;
  }
  return written;
}

/** What each statement of the batch is given. */
function* inStatements<T>(items: readonly T[], { statementRows = Infinity }: Batch): Generator<readonly T[]> {
  if (items.length > 0 && items.length <= statementRows) return yield items;
  for (let start = 0; start < items.length; start += statementRows) yield items.slice(start, start + statementRows);
}

/** Refused entries become retries; the old copy of a refused row is as new as its retry, so a snapshot's end spares it. */
async function keepRefused(session: Session, names: TableNames, batch: Batch, stamp: number): Promise<void> {
  if (batch.refused.length === 0) return;
  const table = names.entity(batch.entity);
  const standing = await standingRows(
    session,
    table,
    batch.refused.map(({ id }) => id),
  );
  await touchIfAllowed(session, table, standing, stamp);
  await insertRetries(session, names.retry, refusedRetries(batch, standing, stamp));
}

/** A trigger that refuses a record may refuse its new stamp as well; the record must not hold up the others then. */
async function touchIfAllowed(
  session: Session,
  table: TableName,
  ids: ReadonlySet<string>,
  stamp: number,
): Promise<void> {
  if (ids.size === 0) return;
  await session.query('SAVEPOINT touch');
  try {
    await touchRows(session, table, ids, stamp);
    await session.query('RELEASE SAVEPOINT touch');
  } catch (error) {
    if (classify(error).class !== 'row') throw error;
    await session.query('ROLLBACK TO SAVEPOINT touch');
  }
}

interface Ended {
  readonly begins: Held['begins'];
  readonly rows: number;
  readonly retries: RemovedRetries;
}

/** Notes the snapshots that begin here, and removes what those that end here have not seen. */
async function endSnapshots(
  session: Session,
  names: TableNames,
  batch: Batch,
  held: Held,
  log: DeletionLog | null,
): Promise<Ended> {
  const begins = new Map(Object.entries(held.begins));
  for (const snapshot of batch.begins) begins.set(snapshot, held.stamp);
  let rows = 0;
  const retries = { retrying: 0, failed: 0 };
  for (const snapshot of batch.ends) {
    const begun = begins.get(snapshot);
    if (begun === undefined) continue;
    rows += await deleteOlderRows(session, names.entity(batch.entity), begun, log);
    const removed = await deleteOlderRetries(session, names.retry, batch.entity, begun);
    retries.retrying += removed.retrying;
    retries.failed += removed.failed;
    begins.delete(snapshot);
  }
  return { begins: Object.fromEntries(begins), rows, retries };
}
