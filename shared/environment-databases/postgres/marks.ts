import { z } from 'zod';
import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';

/**
 * What a database is to the runbook stands in its comment: kept by the server, changed in the transaction of the change it
 * tells of, seen by administrators, and gone with the database.
 */

const grant = z.object({ to: z.string().nullable(), privilege: z.string(), grantable: z.boolean() });
const settings = z.array(z.object({ role: z.string().nullable(), name: z.string(), value: z.string() }));

/** Who may enter, and under which settings: all of the database that is kept outside of it. */
export const entry = z.object({
  owner: z.string(),
  grants: z.array(grant),
  connectionLimit: z.number(),
  settings,
});

const mark = z.object({
  /** `copying`: not whole; `unscrubbed`: whole, before `finish`; `shut`: kept, or to be opened. */
  state: z.enum(['copying', 'unscrubbed', 'shut']),
  /** What `open` gives back; absent: nobody was named yet. */
  entry: entry.optional(),
  /** The comment that the database had. */
  comment: z.string().nullable(),
});

/** To nobody in particular (`to`: null) or to a role. */
export type Grant = z.infer<typeof grant>;
export type Entry = z.infer<typeof entry>;
export type Mark = z.infer<typeof mark>;

const PREFIX = 'Freshet keeps this database shut: ';

/** Null for a comment that is not ours. */
export function readMark(comment: string | null): Mark | null {
  if (!comment?.startsWith(PREFIX)) return null;
  try {
    return mark.parse(JSON.parse(comment.slice(PREFIX.length)));
  } catch {
    // Somebody edited it: shut all the same, and nobody is named.
    return { state: 'unscrubbed', comment: null };
  }
}

/** COMMENT takes no parameters: the text is quoted by the server itself. */
export async function writeComment(session: Session, database: string, comment: string | null): Promise<void> {
  const [row] = await session.query<{ literal: string }>('SELECT quote_nullable($1::text) AS literal', [comment]);
  await session.query(`COMMENT ON DATABASE ${quoteName(database)} IS ${row?.literal ?? 'NULL'}`);
}

export async function writeMark(session: Session, database: string, value: Mark): Promise<void> {
  await writeComment(session, database, `${PREFIX}${JSON.stringify(value)}`);
}
