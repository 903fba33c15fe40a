import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { until } from '../../local/support/until.ts';
import { PostgresDestination } from '../../shared/destination/postgres/destination.ts';
import { connect } from '../../shared/sql/postgres/connect.ts';
import { ACCOUNT, ADDRESS, Chain, idOf, refusedEntry, rowOf, settlementOf } from './destination/harness.ts';
import { makePostgresHarness, type PostgresHarness } from './destination/postgres.harness.ts';
import { type FaultyNetwork, faultyNetwork } from './destination/proxy.ts';

/** What only a real database can do: lock, refuse by rules of its own, and break. */
describe('a PostgreSQL that locks, refuses or breaks', () => {
  let harness: PostgresHarness;
  let chain: Chain;
  beforeEach(async () => {
    harness = await makePostgresHarness(inject('postgresUrl'));
    chain = await new Chain(harness.open()).begin();
  });
  afterEach(() => harness.close());

  async function ask<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await harness.client.query<Row>(text, values)).rows;
  }

  /** In this database: other tests use the same server. */
  const backends = (condition: string) =>
    ask(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND ${condition}`);
  const someoneWaits = async () => (await backends(`wait_event_type = 'Lock'`)).length > 0;

  describe('locks', () => {
    it('a batch waits for the open transaction that moved the position, and is then moved aside', async () => {
      await harness.client.query('BEGIN');
      await harness.client.query(`UPDATE dbo.crm_freshetposition SET page = 'other'`);
      const waiting = chain.apply({ rows: [rowOf(idOf(1))] });
      const rejected = expect(waiting).rejects.toMatchObject({ code: 'POSITION_MOVED' });
      await expect.poll(someoneWaits, { timeout: 10_000 }).toBe(true);
      await harness.client.query('COMMIT');
      await rejected;
      expect(await harness.rows(ACCOUNT)).toEqual([]);
    });

    it('a batch waits for the open transaction that moved the position, and is applied when that one is undone', async () => {
      await harness.client.query('BEGIN');
      await harness.client.query(`UPDATE dbo.crm_freshetposition SET page = 'other'`);
      const waiting = chain.apply({ rows: [rowOf(idOf(1))] });
      await expect.poll(someoneWaits, { timeout: 10_000 }).toBe(true);
      await harness.client.query('ROLLBACK');
      expect(await waiting).toMatchObject({ inserted: 1 });
    });

    it('a lock that is not given in time is a trouble that passes', async () => {
      const destination = new PostgresDestination(connect(harness.url, { lockTimeoutMs: 50 }), ADDRESS);
      await harness.client.query('BEGIN');
      await harness.client.query(`SELECT 1 FROM dbo.crm_freshetposition FOR UPDATE`);
      await expect(destination.apply(chain.next())).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
        values: { number: '55P03' },
      });
      await harness.client.query('ROLLBACK');
      await destination.close();
    });

    it('a statement that takes too long asks for a smaller batch', async () => {
      await harness.client.query(
        `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(10); RETURN new; END $$`,
      );
      await harness.client.query(
        `CREATE TRIGGER slow BEFORE INSERT ON dbo.crm_account FOR EACH ROW EXECUTE FUNCTION slow()`,
      );
      const destination = new PostgresDestination(connect(harness.url, { statementTimeoutMs: 100 }), ADDRESS);
      await expect(destination.apply(chain.next({ rows: [rowOf(idOf(1))] }))).rejects.toMatchObject({
        code: 'DESTINATION_BATCH_TOO_LARGE',
      });
      await destination.close();
    });

    it('what one statement cannot write in its time, several can in one transaction', async () => {
      await harness.client.query(
        `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN new; END $$`,
      );
      await harness.client.query(
        `CREATE TRIGGER slow BEFORE INSERT ON dbo.crm_account FOR EACH ROW EXECUTE FUNCTION slow()`,
      );
      const destination = new PostgresDestination(connect(harness.url, { statementTimeoutMs: 500 }), ADDRESS);
      const rows = Array.from({ length: 40 }, (_, k) => rowOf(idOf(k)));
      const batch = chain.next({ rows });
      await expect(destination.apply(batch)).rejects.toMatchObject({ code: 'DESTINATION_BATCH_TOO_LARGE' });
      expect(await destination.apply({ ...batch, statementRows: 5 })).toMatchObject({ inserted: 40 });
      await destination.close();
    });
  });

  describe('broken connections', () => {
    let network: FaultyNetwork;
    let destination: PostgresDestination;
    beforeEach(async () => {
      const url = new URL(harness.url);
      network = await faultyNetwork(url);
      url.port = String(network.port);
      destination = new PostgresDestination(connect(url.href, { silenceMs: 300, connectTimeoutMs: 500 }), ADDRESS);
      await destination.positions();
    });
    afterEach(async () => {
      await destination.close();
      await network.close();
    });

    it('a COMMIT whose answer is lost is told as unavailable, and the position tells that it happened', async () => {
      network.cutAnswerTo('COMMIT\0');
      const batch = chain.next({ rows: [rowOf(idOf(1))] });
      await expect(destination.apply(batch)).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
      expect(await chain.position()).toMatchObject({ page: batch.to.page });
      await expect(destination.apply(batch)).rejects.toMatchObject({ code: 'POSITION_MOVED' });
    });

    it('a connection lost before the COMMIT leaves nothing behind', async () => {
      network.cutAnswerTo('COPY');
      const rows = Array.from({ length: 2_000 }, (_, k) => rowOf(idOf(k)));
      await expect(destination.apply(chain.next({ rows }))).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
      expect(await chain.position()).toMatchObject({ page: 'page-0' });
      expect(await harness.rows(ACCOUNT)).toEqual([]);
    });

    it('a peer that never answers again is given up, and so is a new connection to it', async () => {
      network.freeze();
      await expect(destination.apply(chain.next())).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
      await expect(destination.positions()).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
    });

    it('closing ends a call under way', async () => {
      await harness.client.query('BEGIN');
      await harness.client.query(`SELECT 1 FROM dbo.crm_freshetposition FOR UPDATE`);
      const ended = expect(destination.apply(chain.next())).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
      await expect.poll(someoneWaits, { timeout: 10_000 }).toBe(true);
      await destination.close();
      await ended;
      await harness.client.query('ROLLBACK');
    });

    it('a server that ends the session is told as unavailable, and the next call has a new one', async () => {
      await ask(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'freshet' AND datname = current_database()`,
      );
      await destination
        .positions()
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'DESTINATION_UNAVAILABLE' }));
      expect(await destination.positions()).toHaveLength(1);
    });
  });

  it.each([
    [
      'a database that does not exist',
      (url: URL) => Object.assign(url, { pathname: '/nowhere' }),
      'DESTINATION_LOGIN_FAILED',
    ],
    ['a port nobody listens on', (url: URL) => Object.assign(url, { port: '1' }), 'DESTINATION_UNAVAILABLE'],
    [
      'a user without a password',
      (url: URL) => Object.assign(url, { username: 'nobody', password: '' }),
      'DESTINATION_LOGIN_FAILED',
    ],
    [
      'a server without TLS when TLS is required',
      (url: URL) => Object.assign(url, { search: '?sslmode=require' }),
      'DESTINATION_STOPPED',
    ],
  ])('%s is told as what it is', async (_, change, code) => {
    const destination = new PostgresDestination(connect(change(new URL(harness.url)).href), ADDRESS);
    await expect(destination.positions()).rejects.toMatchObject({ code });
    await destination.close();
  });

  it('a login without permissions is told as forbidden', async () => {
    const role = `reader_${process.pid}_${Date.now()}`;
    await harness.client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    const url = Object.assign(new URL(harness.url), { username: role, password: 'secret' });
    const destination = new PostgresDestination(connect(url.href), ADDRESS);
    await expect(destination.apply(chain.next())).rejects.toMatchObject({ code: 'DESTINATION_FORBIDDEN' });
    await destination.close();
    await harness.client.query(`DROP ROLE ${role}`);
  });

  it('a login that may not create schemas can use one that stands', async () => {
    const role = `writer_${process.pid}_${Date.now()}`;
    await harness.client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    await harness.client.query(`CREATE SCHEMA granted; GRANT ALL ON SCHEMA granted TO ${role}`);
    const url = Object.assign(new URL(harness.url), { username: role, password: 'secret' });
    const destination = new PostgresDestination(connect(url.href), { ...ADDRESS, schema: 'granted' });
    const granted = await new Chain(destination).begin();
    expect(await granted.apply({ rows: [rowOf(idOf(1))] })).toMatchObject({ inserted: 1 });
    await destination.close();
    await harness.client.query(`DROP SCHEMA granted CASCADE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('a constraint checked at the end of a transaction refuses a trial as well', async () => {
    await harness.client.query('ALTER TABLE dbo.crm_account ADD UNIQUE (name) DEFERRABLE INITIALLY DEFERRED');
    const batch = chain.next({ rows: [rowOf(idOf(1), { name: 'same' }), rowOf(idOf(2), { name: 'same' })] });
    for (const mode of ['trial', 'commit'] as const) {
      await expect(chain.destination.apply(batch, mode)).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
    }
    expect(await chain.position()).toMatchObject({ page: 'page-0' });
  });

  it('a value that the customer declared unique may go over to another row in one batch', async () => {
    await harness.client.query('ALTER TABLE dbo.crm_account ADD UNIQUE (name)');
    await chain.apply({ rows: [rowOf(idOf(2), { name: 'one' })] });
    expect(await chain.apply({ rows: [rowOf(idOf(1), { name: 'one' })], deletions: [idOf(2)] })).toMatchObject({
      inserted: 1,
      deleted: 1,
    });
  });

  it('a trigger that refuses even a new stamp for the old copy does not hold up the batch', async () => {
    await chain.apply({ rows: [rowOf(idOf(1), { name: 'old' })] });
    await harness.client.query(
      `CREATE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'frozen'; END $$`,
    );
    await harness.client.query(
      `CREATE TRIGGER refuse_update BEFORE UPDATE ON dbo.crm_account FOR EACH ROW EXECUTE FUNCTION refuse_update()`,
    );
    const applied = await chain.apply({ rows: [rowOf(idOf(2))], refused: [refusedEntry(idOf(1))] });
    expect(applied).toMatchObject({ inserted: 1, counters: { retrying: 1 } });
    expect(await chain.destination.dueRetries(1e15, 9)).toMatchObject([{ changeType: 'Update' }]);
  });

  it('the reason of a refusal has the database’s words and no value of the record', async () => {
    await harness.client.query('ALTER TABLE dbo.crm_account ALTER COLUMN numberofemployees TYPE smallint');
    await harness.client.query('ALTER TABLE dbo.crm_account ALTER COLUMN name TYPE varchar(3)');
    const attempt = (values: Record<string, string | number>) =>
      chain.destination.apply(chain.next({ rows: [rowOf(idOf(1), values)] }));
    await expect(attempt({ name: 'secret words' })).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
    await expect(attempt({ numberofemployees: 99_999 })).rejects.toThrow(/smallint out of range/);
    await expect(attempt({ ownerid: 'secret words' })).rejects.toThrow(/^(?!.*secret).*uuid/);
  });

  it('nothing is left over: no temporary table, no open transaction, no lock', async () => {
    const rows = Array.from({ length: 2_000 }, (_, k) => rowOf(idOf(k)));
    await chain.apply({ rows });
    const changed = rows.map((_, k) => rowOf(idOf(k), { name: 'changed' }));
    await expect(chain.destination.apply(chain.next({ rows: [...changed, ...changed] }))).rejects.toMatchObject({
      code: 'DESTINATION_BUG',
    });
    await chain.destination.apply(chain.next({ rows }), 'trial');
    await chain.destination.settleRetries(settlementOf({}));
    expect(await ask(`SELECT relname FROM pg_class WHERE relname LIKE 'freshet_staging%'`)).toEqual([]);
    const open = () => backends(`state LIKE 'idle in transaction%'`);
    // The server says how a session stands a moment after it has answered.
    expect(await until(async () => (await open()).length === 0, 5_000)).toBe(true);
  });
});
