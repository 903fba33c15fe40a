import type { Column } from '../../dataverse/columns.ts';
import { FreshetError } from '../../errors/error.ts';
import { alterationsOf } from './alterations.ts';
import type { DefinitionStatements, ObjectName, OwnObject, SqlSession, TableNames } from './statements.ts';

/** Makes and takes away tables and what belongs to them, each function inside one transaction. */

/** Creates what is missing of Freshet's own objects; true when anything was. */
export async function createOwn<S extends SqlSession>(
  session: S,
  definitions: DefinitionStatements<S>,
  names: TableNames,
  deleteLog: boolean,
): Promise<boolean> {
  const { schema, position, retry } = names;
  await definitions.lockDefinition(session, position);
  if (!(await definitions.schemaStands(session, schema))) await session.run(definitions.createSchema(schema));
  const wanted = definitions.ownObjects(names, deleteLog);
  const standing = await standingOf(session, definitions, wanted);
  const missing = wanted.filter((object) => !standing.includes(object));
  for (const { statements } of missing) for (const statement of statements) await session.run(statement);
  // Positions without their retries, or retries without a position, would say what is not true: all begins anew.
  const isMissing = (table: ObjectName) => missing.some(({ object }) => object === table);
  if (isMissing(retry)) await session.run(definitions.empty(position));
  if (isMissing(position)) await session.run(definitions.empty(retry));
  return missing.length > 0;
}

/**
 * Creates the entity's table and what belongs to it, or adds and widens columns, but those of `asTheyAre`; true when anything
 * changed. DESTINATION_SCHEMA_CHANGED when its rows forbid it. COLUMN_NOT_WIDENED, and nothing is changed, when an object of
 * the customer depends on a column.
 */
export async function shapeEntity<S extends SqlSession>(
  session: S,
  definitions: DefinitionStatements<S>,
  names: TableNames,
  entity: string,
  columns: readonly Column[],
  asTheyAre: ReadonlySet<string>,
): Promise<boolean> {
  const [table, ...beside] = definitions.entityObjects(names, entity, columns);
  if (!table) return false;
  const changed = await shapeTable(session, definitions, table, columns, asTheyAre);
  if (!changed) return false;
  // What cannot be altered is made anew.
  for (const object of await standingOf(session, definitions, beside)) await session.run(definitions.drop(object));
  for (const { statements } of beside) for (const statement of statements) await session.run(statement);
  return true;
}

async function shapeTable<S extends SqlSession>(
  session: S,
  definitions: DefinitionStatements<S>,
  { object, statements }: OwnObject,
  columns: readonly Column[],
  asTheyAre: ReadonlySet<string>,
): Promise<boolean> {
  const standing = await definitions.standingTable(session, object);
  if (standing === null) {
    for (const statement of statements) await session.run(statement);
    return true;
  }
  const alterations = alterationsOf(definitions, object, standing, columns);
  const wanted = alterations.filter(({ widens }) => widens === null || !asTheyAre.has(widens));
  for (const { statement, widens } of wanted) await alter(session, definitions, object, statement, widens);
  return wanted.length > 0;
}

async function alter<S extends SqlSession>(
  session: S,
  definitions: DefinitionStatements<S>,
  table: ObjectName,
  statement: string,
  widens: string | null,
): Promise<void> {
  try {
    await session.run(statement);
  } catch (error) {
    const told = definitions.classify(error);
    // Rows that stand do not fit the wider type (a decimal has more digits than are left before the point).
    if (told.code === 'RECORD_REFUSED')
      throw new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: `table ${table.name}: ${told.values.text}` }, error);
    if (widens === null || !definitions.isColumnInUse(told)) throw error;
    throw new FreshetError('COLUMN_NOT_WIDENED', { table: table.name, column: widens }, error);
  }
}

/** Drops the objects that stand; false when none did. TABLE_FOREIGN, and nothing is dropped, when a table does not bear Freshet's key. */
export async function dropObjects<S extends SqlSession>(
  session: S,
  definitions: DefinitionStatements<S>,
  objects: readonly OwnObject[],
): Promise<boolean> {
  const standing = await standingOf(session, definitions, objects);
  for (const { object, kind } of standing) {
    if (kind === 'table' && !(await definitions.isOurs(session, object)))
      throw new FreshetError('TABLE_FOREIGN', { table: object.name });
  }
  // What was made last depends on what was made before.
  for (const object of standing.toReversed()) await session.run(definitions.drop(object));
  return standing.some(({ kind }) => kind === 'table');
}

/** Those of the objects, all of one schema, under whose names something stands. */
export async function standingOf<S extends SqlSession>(
  session: S,
  definitions: DefinitionStatements<S>,
  objects: readonly OwnObject[],
): Promise<OwnObject[]> {
  const standing: OwnObject[] = [];
  for (const [kind, alike] of Map.groupBy(objects, (one) => one.kind)) {
    const names = alike.map(({ object }) => object.name);
    const found = await definitions.standingNames(session, kind, alike[0]?.object.schema ?? '', names);
    const held = new Set(found.map((name) => name.toLowerCase()));
    standing.push(...alike.filter(({ object }) => held.has(object.name.toLowerCase())));
  }
  return objects.filter((object) => standing.includes(object));
}
