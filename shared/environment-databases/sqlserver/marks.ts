import { z } from 'zod';
import { type Session, text } from '../../sql/sqlserver/session.ts';
import { hasTable, makeSchema, removeSchema, TRACES } from './traces.ts';

/**
 * What a database is to the runbook stands in a table of its own inside of it: changed in the transaction of the change it tells
 * of, and gone with the database. (Azure SQL keeps nothing about a database outside of it that a statement could write.)
 */

/** A user's right to enter: granted, granted with the right to give it on, denied, or not spoken of. */
const connect = z.enum(['G', 'W', 'D', '']);
const doors = z.array(z.object({ name: z.string(), connect }));

/** Who may enter once the database is open. */
export type Doors = z.infer<typeof doors>;
export type Connect = z.infer<typeof connect>;
export const connectSchema = connect;

export interface Mark {
  /** `unscrubbed`: a copy before its `finish`; `shut`: kept, or to be opened. */
  readonly state: 'unscrubbed' | 'shut';
  readonly doors: Doors;
}

/** Null for a database that is nobody's care. */
export async function readMark(session: Session): Promise<Mark | null> {
  if (!(await hasTable(session, 'mark'))) return null;
  const [row] = await session.query<{ state: string; doors: string }>(`SELECT state, doors FROM ${TRACES.mark}`);
  try {
    return { state: row?.state === 'shut' ? 'shut' : 'unscrubbed', doors: doors.parse(JSON.parse(row?.doors ?? '')) };
  } catch {
    // Somebody edited it: shut all the same, and nobody is named.
    return { state: 'unscrubbed', doors: [] };
  }
}

/** Within the caller's transaction. */
export async function writeMark(session: Session, mark: Mark): Promise<void> {
  await makeSchema(session);
  if (!(await hasTable(session, 'mark'))) await makeTable(session);
  await session.run(`DELETE FROM ${TRACES.mark}`);
  await session.query(`INSERT INTO ${TRACES.mark} (state, doors) VALUES (@state, @doors)`, {
    state: text(mark.state),
    doors: text(JSON.stringify(mark.doors)),
  });
}

async function makeTable(session: Session): Promise<void> {
  await session.run(`CREATE TABLE ${TRACES.mark} (state varchar(20) NOT NULL, doors nvarchar(max) NOT NULL)`);
}

/** And with it all that the runbook kept there. */
export async function removeMark(session: Session): Promise<void> {
  await removeSchema(session);
}
