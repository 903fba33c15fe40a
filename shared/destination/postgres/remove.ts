import { FreshetError } from '../../errors/error.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { keyName, quoted, type TableName, type TableNames } from './dialect.ts';
import { hasConstraint, standingNames } from './introspect.ts';

/** What is taken away from a destination, which never happens but on request. */

/** Position and retries of an entity that the profile no longer exports. */
export async function forgetEntity(
  session: Session,
  { schema, position, retry }: TableNames,
  profileId: string,
  entity: string,
): Promise<void> {
  const standing = await standingNames(session, schema, [position.name, retry.name]);
  if (standing.length < 2) return;
  // The position first: it is the lock of all that is applied.
  const held = await session.query(
    `DELETE FROM ${quoted(position)} WHERE entity = $1 AND profileid = $2 RETURNING entity`,
    [entity, profileId],
  );
  if (held.length > 0) await session.query(`DELETE FROM ${quoted(retry)} WHERE entity = $1`, [entity]);
}

/** Drops the tables that stand and bear Freshet's key. TABLE_FOREIGN, and nothing is dropped, when one does not. */
export async function dropTables(session: Session, tables: readonly TableName[]): Promise<boolean> {
  const [first] = tables;
  if (!first) return false;
  const names = await standingNames(
    session,
    first.schema,
    tables.map(({ name }) => name),
  );
  const standing = tables.filter(({ name }) => names.includes(name));
  for (const table of standing) {
    if (!(await hasConstraint(session, table, keyName(table))))
      throw new FreshetError('TABLE_FOREIGN', { table: table.name });
  }
  for (const table of standing) await session.query(`DROP TABLE ${quoted(table)}`);
  return standing.length > 0;
}
