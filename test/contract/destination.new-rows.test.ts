import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { STAGED_FROM_ROWS } from '../../shared/destination/postgres/staging.ts';
import { ACCOUNT, Chain, idOf, rowOf } from './destination/harness.ts';
import { makePostgresHarness, type PostgresHarness } from './destination/postgres.harness.ts';

const MANY = STAGED_FROM_ROWS;
const HOSTILE = 'tab\tback\\slash\n\\N';

/** A first fill goes straight into the table, for as long as nothing speaks against it. */
describe('many new rows on PostgreSQL', () => {
  let harness: PostgresHarness;
  let chain: Chain;
  beforeEach(async () => {
    harness = await makePostgresHarness(inject('postgresUrl'));
    chain = await new Chain(harness.open()).begin();
    await harness.client.query(`
      CREATE TABLE ways (way text);
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO ways VALUES (split_part(current_query(), ' ', 1)); RETURN NULL; END $$;
      CREATE TRIGGER note AFTER INSERT ON dbo.crm_account FOR EACH STATEMENT EXECUTE FUNCTION note()`);
  });
  afterEach(() => harness.close());

  const rowsFrom = (first: number, name = HOSTILE) =>
    Array.from({ length: MANY }, (_, k) => rowOf(idOf(first + k), { name, versionnumber: String(first + k) }));
  const ways = async () =>
    (await harness.client.query<{ way: string }>('SELECT way FROM ways')).rows.map(({ way }) => way);
  const standing = async () => harness.rows(ACCOUNT);

  it('are copied into the table after a batch of nothing but new ones, the same as by the other way', async () => {
    await chain.apply({ rows: rowsFrom(1) });
    expect(await chain.apply({ rows: rowsFrom(1 + MANY) })).toMatchObject({ inserted: MANY, updated: 0 });
    expect(await ways()).toEqual(['WITH', 'COPY']);
    const rows = await standing();
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 2 * MANY }, (_, k) => idOf(1 + k)));
    for (const { id, cells, createdOn, modifiedOn } of rows) {
      expect(cells).toMatchObject({ accountid: id, name: HOSTILE, description: null });
      expect(createdOn).toBe(modifiedOn);
    }
    expect(rows.at(-1)?.modifiedOn).toBe(chain.now);
  });

  it('are merged as ever when one of them stands already, and so are those after them', async () => {
    await chain.apply({ rows: rowsFrom(1) });
    expect(await chain.apply({ rows: rowsFrom(MANY, 'new') })).toMatchObject({ inserted: MANY - 1, updated: 1 });
    await chain.apply({ rows: rowsFrom(3 * MANY) });
    expect(await ways()).toEqual(['WITH', 'WITH', 'WITH']);
    expect((await standing()).find(({ id }) => id === idOf(MANY))?.cells).toMatchObject({ name: 'new' });
  });

  it('are refused as ever when the database refuses one of them, and nothing is written', async () => {
    await harness.forbid({ name: 'forbidden' });
    await chain.apply({ rows: rowsFrom(1) });
    const rows = [...rowsFrom(1 + MANY), rowOf(idOf(9 * MANY), { name: 'forbidden' })];
    await expect(chain.apply({ rows })).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
    expect(await standing()).toHaveLength(MANY);
    await chain.apply({ rows: rows.slice(0, -1) });
    expect(await standing()).toHaveLength(2 * MANY);
  });
});
