import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { ObjectName, Upsert } from '../sql/statements.ts';
import { ID, quoted, SINK_CREATED_ON, SINK_MODIFIED_ON, timestampText } from './dialect.ts';
import { copyText, handOver, type RowShape, STAGED_FROM_ROWS } from './staging.ts';

/**
 * Copies rows that are likely to be new straight into the table: half the work of staging and merging them. False, and nothing of
 * it is written, when they are not, or when the database takes any of them amiss: a wrong guess costs no more than its time.
 */
export async function copyNewRows(
  session: Session,
  table: ObjectName,
  shape: RowShape,
  { rows, stamp, likelyNew, statementRows = Number.POSITIVE_INFINITY, onStaged }: Upsert,
): Promise<boolean> {
  if (!likelyNew || typeof stamp !== 'number') return false;
  if (rows.length < STAGED_FROM_ROWS || rows.length > statementRows) return false;
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
