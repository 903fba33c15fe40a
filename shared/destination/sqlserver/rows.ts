import { quoteName } from '../../sql/sqlserver/names.ts';
import { bigint, datetime, int, type Parameters, type Session, text } from '../../sql/sqlserver/session.ts';
import type { Staged } from '../../sql/sqlserver/staging.ts';
import { isUuid } from '../cells.ts';
import { inStatements } from '../sql/in-statements.ts';
import type { DeletionLog, ObjectName, Upsert, Upserted } from '../sql/statements.ts';
import { BY_BYTES, ID, quoted, SINK_MODIFIED_ON } from './dialect.ts';
import { stageIds } from './lists.ts';
import { additionStatement, mergeStatement } from './merge.ts';
import { nameOf } from './metadata-tables.ts';
import { rowShape, stageRows, stampOf } from './staging.ts';

/** `RowStatements` in T-SQL. */

export { readHeldRows } from './held-rows.ts';

/** Ids that one statement deletes rows by, or that a snapshot's end takes at once. */
const STATEMENT_ROWS = 4_000;

export async function upsertRows(session: Session, table: ObjectName, upsert: Upsert): Promise<Upserted> {
  const { rows, stamp, columns, same, likelyNew, onStaged, statementRows = Math.max(rows.length, 1) } = upsert;
  const shape = rowShape(columns);
  const written = { present: 0, regressed: 0 };
  let done = 0;
  for (const some of inStatements(rows, statementRows)) {
    const own = typeof stamp === 'number' ? null : stamp.slice(done, done + some.length);
    const staged = await stageRows(session, shape, some, own);
    done += some.length;
    if (done === rows.length) onStaged?.();
    const ownStamps = own !== null;
    const statement = likelyNew
      ? additionStatement(table, shape, staged, { ownStamps })
      : mergeStatement(table, shape, staged, { same, ownStamps });
    const at: Parameters = typeof stamp === 'number' ? { at: datetime(stampOf(stamp)) } : {};
    const [upserted] = await session.query<Upserted>(statement, { ...staged.parameters, ...at });
    written.present += upserted?.present ?? 0;
    written.regressed += upserted?.regressed ?? 0;
  }
  return written;
}

export async function deleteRows(
  session: Session,
  table: ObjectName,
  ids: readonly string[],
  log: DeletionLog | null,
): Promise<number> {
  let deleted = 0;
  for (const some of inStatements(ids.filter(isUuid), STATEMENT_ROWS))
    deleted += await remove(session, table, inStaged(await stageIds(session, some)), log);
  return deleted;
}

const UNSEEN = '#freshet_unseen';

export async function deleteOlderRows(
  session: Session,
  table: ObjectName,
  stamp: number,
  { retry, entity }: { readonly retry: ObjectName; readonly entity: string },
  log: DeletionLog | null,
): Promise<number> {
  await session.run(
    `DROP TABLE IF EXISTS ${UNSEEN}; CREATE TABLE ${UNSEEN} (n int IDENTITY(1, 1) NOT NULL, id uniqueidentifier NOT NULL)`,
  );
  const [found] = await session.query<{ count: number }>(unseenStatement(table, retry), {
    stamp: datetime(stampOf(stamp)),
    since: bigint(stamp),
    entity: text(entity),
  });
  const count = found?.count ?? 0;
  for (let from = 1; from <= count; from += STATEMENT_ROWS) {
    const join = `INNER JOIN ${UNSEEN} u ON u.id = t.${quoteName(ID)} WHERE u.n >= @from AND u.n < @to`;
    const parameters = { from: int(from), to: int(from + STATEMENT_ROWS) };
    await remove(session, table, { prelude: '', join, parameters }, log);
  }
  return count;
}

/** Notes the ids first, so that no statement that deletes reads the whole table. */
export function unseenStatement(table: ObjectName, retry: ObjectName): string {
  const modified = `t.${quoteName(SINK_MODIFIED_ON)}`;
  return `SET NOCOUNT ON;
INSERT INTO ${UNSEEN} (id) SELECT t.${quoteName(ID)} FROM ${quoted(table)} t
WHERE (${modified} IS NULL OR ${modified} < @stamp) AND NOT EXISTS (
  SELECT 1 FROM ${quoted(retry)} r WHERE r.entity = @entity AND r.stamp >= @since
    AND r.recordid = LOWER(CAST(t.${quoteName(ID)} AS nvarchar(36))) ${BY_BYTES})
ORDER BY t.${quoteName(ID)};
SELECT COUNT(*) AS [count] FROM ${UNSEEN}`;
}

/**
 * Writes the log, if asked, and deletes. A logged version has to be greater than the row's last one: readers of the log delete
 * copies whose version is smaller. (OUTPUT would not do: a trigger of the customer may stand on the table.)
 */
export function deletionStatement(
  table: ObjectName,
  { prelude, join }: Pick<Which, 'prelude' | 'join'>,
  log: DeletionLog | null,
): string {
  const rows = `FROM ${quoted(table)} t ${join}`;
  const version = 't.[versionnumber]';
  const after = `CASE WHEN ${version} < ${BIGINT_MAX} THEN ${version} + 1 ELSE ISNULL(${version}, 1) END`;
  const logged = log
    ? `INSERT INTO ${quoted(log.table)} ([EntityName], [RecordId], [SinkDeleteTime], [VersionNumber])
SELECT @logged, LOWER(CAST(t.${quoteName(ID)} AS nvarchar(36))), @at, ${log.hasVersion ? after : '1'}
${rows} ORDER BY t.${quoteName(ID)};
`
    : '';
  return `SET NOCOUNT ON;
${prelude}${logged}DELETE t ${rows};
SELECT @@ROWCOUNT AS [count]`;
}

const BIGINT_MAX = 2n ** 63n - 1n;

/** Rows `t` of a table. */
interface Which {
  /** Goes before the statement, in the same batch. */
  readonly prelude: string;
  /** Joins them with a list; whatever else is asked of them stands in its WHERE. */
  readonly join: string;
  readonly parameters: Parameters;
}

function inStaged({ prelude, few, parameters }: Staged): Which {
  return { prelude, join: `INNER JOIN ${few} i ON i.id = t.${quoteName(ID)}`, parameters };
}

async function remove(session: Session, table: ObjectName, which: Which, log: DeletionLog | null): Promise<number> {
  const logged: Parameters = log ? { logged: text(nameOf(log.entity)), at: datetime(stampOf(log.at)) } : {};
  const [result] = await session.query<{ count: number }>(deletionStatement(table, which, log), {
    ...which.parameters,
    ...logged,
  });
  return result?.count ?? 0;
}

export async function standingRows(
  session: Session,
  table: ObjectName,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { prelude, join, parameters } = inStaged(await stageIds(session, ids));
  const rows = await session.query<{ id: string }>(
    `${prelude}SELECT t.${quoteName(ID)} AS id FROM ${quoted(table)} t ${join}`,
    parameters,
  );
  return new Set(rows.map(({ id }) => id.toLowerCase()));
}

export async function newestStamp(session: Session, table: ObjectName): Promise<number> {
  const rows = await session.query<{ stamp: Date | null }>(
    `SELECT MAX(${quoteName(SINK_MODIFIED_ON)}) AS stamp FROM ${quoted(table)}`,
  );
  return rows[0]?.stamp?.getTime() ?? 0;
}
