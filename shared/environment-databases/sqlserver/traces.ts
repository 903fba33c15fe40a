import { quoteName } from '../../sql/sqlserver/names.ts';
import { type Session, text } from '../../sql/sqlserver/session.ts';

/** What the runbook keeps inside of a database while it has the care of it: its mark and, in a copy, how far each rule is and the seed of masks. */

export const TRACES_SCHEMA = 'freshet_runbook';
const SCHEMA = quoteName(TRACES_SCHEMA);

export const TRACES = {
  mark: `${SCHEMA}.[mark]`,
  waiting: `${SCHEMA}.[waiting]`,
  progress: `${SCHEMA}.[progress]`,
  seed: `${SCHEMA}.[seed]`,
} as const;

/** The schema stays until the mark goes; CREATE SCHEMA has to be alone in its batch. */
export async function makeSchema(session: Session): Promise<void> {
  if (await hasSchema(session)) return;
  await session.run(`CREATE SCHEMA ${SCHEMA}`);
}

async function hasSchema(session: Session): Promise<boolean> {
  const rows = await session.query('SELECT 1 AS there FROM sys.schemas WHERE name = @name', {
    name: text(TRACES_SCHEMA),
  });
  return rows.length > 0;
}

export async function hasTable(session: Session, name: keyof typeof TRACES): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 AS there FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id
WHERE s.name = @schema AND t.name = @name`,
    { schema: text(TRACES_SCHEMA), name: text(name) },
  );
  return rows.length > 0;
}

/** In the transaction that shuts the copy. `waiting`: statements that `finish` runs. */
export async function makeTraces(session: Session, seed: string, waiting: readonly string[]): Promise<void> {
  await session.run(
    `CREATE TABLE ${TRACES.waiting} (number int NOT NULL PRIMARY KEY, statement nvarchar(max) NOT NULL)`,
  );
  await session.run(
    `CREATE TABLE ${TRACES.progress} ([rule] varchar(64) NOT NULL, relation int NOT NULL, last nvarchar(max) NULL,
  [rows] bigint NOT NULL, finished bit NOT NULL, PRIMARY KEY ([rule], relation))`,
  );
  await session.run(`CREATE TABLE ${TRACES.seed} (value nvarchar(200) NOT NULL)`);
  await session.query(`INSERT INTO ${TRACES.seed} (value) VALUES (@seed)`, { seed: text(seed) });
  for (const [number, statement] of waiting.entries()) await keepWaiting(session, number, statement);
}

async function keepWaiting(session: Session, number: number, statement: string): Promise<void> {
  await session.query(`INSERT INTO ${TRACES.waiting} (number, statement) VALUES (${number}, @statement)`, {
    statement: text(statement),
  });
}

/** Whether rules may be applied here: it is a copy, and its scrub is not over. */
export function hasTraces(session: Session): Promise<boolean> {
  return hasTable(session, 'progress');
}

/** Makes what waited, then takes the traces out but for the mark. Safe to repeat. */
export async function takeTracesOut(session: Session): Promise<void> {
  if (!(await hasTraces(session))) return;
  for (const table of await touchedTables(session)) await session.run(`UPDATE STATISTICS ${table}`);
  const waiting = await session.query<{ statement: string }>(`SELECT statement FROM ${TRACES.waiting} ORDER BY number`);
  for (const { statement } of waiting) await session.run(statement);
  for (const table of [TRACES.waiting, TRACES.seed, TRACES.progress])
    await session.run(`DROP TABLE IF EXISTS ${table}`);
}

/** Their statistics keep values of before; quoted, with their schemas. */
async function touchedTables(session: Session): Promise<string[]> {
  const rows = await session.query<{ schema: string; name: string }>(
    `SELECT DISTINCT s.name AS [schema], t.name AS name FROM ${TRACES.progress} p JOIN sys.tables t ON t.object_id = p.relation
JOIN sys.schemas s ON s.schema_id = t.schema_id WHERE p.[rows] > 0`,
  );
  return rows.map(({ schema, name }) => `${quoteName(schema)}.${quoteName(name)}`);
}

/** All of it, the mark included. */
export async function removeSchema(session: Session): Promise<void> {
  if (!(await hasSchema(session))) return;
  for (const table of Object.values(TRACES)) await session.run(`DROP TABLE IF EXISTS ${table}`);
  await session.run(`DROP SCHEMA ${SCHEMA}`);
}
