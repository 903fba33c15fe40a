import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { ObjectName, Upsert } from '../sql/statements.ts';
import { ID, quoted, SINK_CREATED_ON, SINK_MODIFIED_ON, timestampText } from './dialect.ts';
import { copyText, handOver, type RowShape, STAGED_FROM_ROWS } from './staging.ts';

/** Copies rows that are likely to be new straight into the table: half the work of staging and merging them. False when they are not. */
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
  await session.copy(`COPY ${quoted(table)} (${names.join(', ')}) FROM STDIN`, chunks);
  return true;
}
