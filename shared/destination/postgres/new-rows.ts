import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { Applied, Batch } from '../model.ts';
import { ID, quoted, SINK_CREATED_ON, SINK_MODIFIED_ON, type TableName, timestampText } from './dialect.ts';
import { copyText, handOver, type RowShape, STAGED_FROM_ROWS } from './staging.ts';

/**
 * Rows of which none stands yet, as in a table's first fill, go straight into the table: half the work of staging and merging
 * them. That none stands is guessed from the batch before; a wrong guess is undone, and costs no more than its time.
 */
export class NewRows {
  readonly #entities = new Set<string>();

  /** Whether many rows are likely to be all new. */
  expects({ entity, rows, statementRows = Number.POSITIVE_INFINITY }: Batch): boolean {
    return rows.length >= STAGED_FROM_ROWS && rows.length <= statementRows && this.#entities.has(entity);
  }

  learn({ entity, rows }: Batch, { updated }: Applied): void {
    if (rows.length < STAGED_FROM_ROWS) return;
    if (updated === 0) this.#entities.add(entity);
    else this.#entities.delete(entity);
  }
}

/** Copies the rows into the table; false, and nothing of it is written, when the database takes any of them amiss. */
export async function copyNewRows(
  session: Session,
  table: TableName,
  shape: RowShape,
  { rows, onStaged }: Batch,
  stamp: number,
): Promise<boolean> {
  const names = [ID, SINK_CREATED_ON, SINK_MODIFIED_ON, ...shape.table.map(({ name }) => name)].map(quoteName);
  const stamps = `\t${timestampText(stamp)}`.repeat(2);
  const chunks = handOver(copyText(shape.direct, rows, stamps), onStaged);
  await session.query('SAVEPOINT new_rows');
  try {
    await session.copy(`COPY ${quoted(table)} (${names.join(', ')}) FROM STDIN`, chunks);
  } catch {
    // What it was will be told by the way that all other rows take; a lost connection, by this statement.
    await session.query('ROLLBACK TO SAVEPOINT new_rows');
    return false;
  }
  await session.query('RELEASE SAVEPOINT new_rows');
  return true;
}
