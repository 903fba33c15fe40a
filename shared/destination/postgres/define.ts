import type { Column } from '../../dataverse/columns.ts';
import { FreshetError } from '../../errors/error.ts';
import { classify } from '../../sql/postgres/classify.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { type Alteration, alterEntityTable, createEntityTable, createSchema } from './ddl.ts';
import type { TableName, TableNames } from './dialect.ts';
import { schemaStands, standingNames, standingTable } from './introspect.ts';
import { ownTables } from './own-tables.ts';
import { deleteAll } from './rows.ts';

/** What PostgreSQL says when a view or rule uses a column whose type is to change. */
const FEATURE_NOT_SUPPORTED = '0A000';

/** Two workers that define the same table at once would fail with each other's names; the second waits instead. */
export async function lockDefinition(session: Session, { schema, name }: TableName): Promise<void> {
  await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`freshet ${schema} ${name}`]);
}

/** Creates what is missing of Freshet's own tables; true when anything was. */
export async function createOwnTables(session: Session, names: TableNames, deleteLog: boolean): Promise<boolean> {
  const { schema, position, retry } = names;
  await lockDefinition(session, position);
  if (!(await schemaStands(session, schema))) await session.query(createSchema(schema));
  const wanted = ownTables(names, deleteLog);
  const standing = await standingNames(
    session,
    schema,
    wanted.map(({ table }) => table.name),
  );
  const missing = wanted.filter(({ table }) => !standing.includes(table.name));
  for (const { statements } of missing) for (const statement of statements) await session.query(statement);
  // Positions without their retries, or retries without a position, would say what is not true: all begins anew.
  if (missing.some(({ table }) => table === retry)) await deleteAll(session, position);
  if (missing.some(({ table }) => table === position)) await deleteAll(session, retry);
  return missing.length > 0;
}

/** Creates the table, or adds and widens columns; true when anything changed. DESTINATION_SCHEMA_CHANGED when its rows forbid it. */
export async function shapeTable(session: Session, table: TableName, columns: readonly Column[]): Promise<boolean> {
  const standing = await standingTable(session, table);
  if (standing === null) {
    await session.query(createEntityTable(table, columns));
    return true;
  }
  let altered = 0;
  for (const alteration of alterEntityTable(table, standing, columns)) {
    if (await alter(session, table, alteration)) altered++;
  }
  return altered > 0;
}

/**
 * False: a view of the customer depends on a column that would be wider. It stays as it is then, and what it cannot hold is
 * refused as a record, rather than that all of the profile's tables wait for one.
 */
async function alter(session: Session, table: TableName, { statement, widens }: Alteration): Promise<boolean> {
  if (widens) await session.query('SAVEPOINT alteration');
  try {
    await session.query(statement);
    return true;
  } catch (error) {
    const told = classify(error);
    // Rows that stand do not fit the wider type (a decimal has more digits than are left before the point).
    if (told.code === 'RECORD_REFUSED')
      throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: `table ${table.name}: ${told.values.text}` }, error);
    if (!widens || told.values.number !== FEATURE_NOT_SUPPORTED) throw error;
    await session.query('ROLLBACK TO SAVEPOINT alteration');
    return false;
  }
}
