import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { LEASE_MS } from '../../shared/control/bells.port.ts';
import type { Control } from '../../shared/control/port.ts';
import { createSqlControl } from '../../shared/control/sql/control.ts';
import { freshDatabase } from '../support/postgres.ts';
import { type TestDatabase, testDatabase } from './control/database.ts';
import { ACCOUNT_BELL, appendOf, feedNow, join, page, profile, readableFeed } from './control/kit.ts';

let database: TestDatabase;
let control: Control;

beforeAll(async () => {
  database = await testDatabase(1_700_000_000_000);
  control = database.control;
});
beforeEach(() => database.empty());
afterAll(() => database?.close());

describe('with the database’s own clock', () => {
  const opened: Control[] = [];
  const open = (connectionString: string) => {
    const instance = createSqlControl({ connectionString });
    opened.push(instance);
    return instance;
  };
  afterEach(async () => {
    for (const instance of opened.splice(0)) await instance.close();
  });

  it('a lease ends LEASE_MS after that clock’s now', async () => {
    const real = open(database.url);
    await join(real, ['p1']);
    await real.bells.answer(ACCOUNT_BELL, 'a');
    const [row] = await database.query<{ left: number }>(
      `SELECT lease_until - extract(epoch from clock_timestamp()) * 1000 AS left FROM freshet.bells WHERE owner = 'a'`,
    );
    expect(Number(row?.left)).toBeGreaterThan(LEASE_MS - 5_000);
    expect(Number(row?.left)).toBeLessThanOrEqual(LEASE_MS);
    expect(await real.bells.answer(ACCOUNT_BELL, 'b')).toEqual({ lease: 'held' });
  });

  it('ended connections are replaced; what was under way says CONTROL_UNAVAILABLE', async () => {
    const real = open(database.url);
    await real.profiles.create(profile('p1'));
    const gets = () => Array.from({ length: 12 }, () => real.profiles.get('p1'));
    await Promise.all(gets());
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    const outcomes = await Promise.allSettled(gets());
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CONTROL_UNAVAILABLE' });
    }
    await vi.waitFor(async () => expect(await real.profiles.get('p1')).toEqual(profile('p1')), { timeout: 10_000 });
  });
});

describe('a control database that cannot be used', () => {
  const failure = async (connectionString: string, call: (instance: Control) => Promise<unknown>) => {
    const instance = createSqlControl({ connectionString });
    try {
      return await call(instance).then(
        () => null,
        (error: unknown) => error,
      );
    } finally {
      await instance.close();
    }
  };
  const elsewhere = (change: (url: URL) => void) => {
    const url = new URL(database.url);
    change(url);
    return url.href;
  };

  it('is unavailable when nobody answers, and when it is not there', async () => {
    const nobody = elsewhere((url) => {
      url.port = '1';
    });
    const unknown = elsewhere((url) => {
      url.pathname = '/nowhere';
    });
    for (const url of [nobody, unknown]) {
      const error = await failure(url, (instance) => instance.bells.abandoned(1));
      expect(error).toMatchObject({ code: 'CONTROL_UNAVAILABLE', class: 'retry' });
    }
    expect(await failure(nobody, (instance) => instance.migrate())).toMatchObject({ code: 'CONTROL_UNAVAILABLE' });
  });

  it('is unavailable, with the database’s words, while the tables are missing', async () => {
    const empty = await freshDatabase(inject('postgresUrl'));
    const instance = createSqlControl({ connectionString: empty });
    const client = new pg.Client({ connectionString: empty });
    await client.connect();
    try {
      await instance.migrate();
      await instance.profiles.get('p1');
      await client.query('DROP SCHEMA freshet CASCADE');
      await expect(instance.profiles.get('p1')).rejects.toMatchObject({
        code: 'CONTROL_UNAVAILABLE',
        message: expect.stringContaining('freshet.profiles'),
      });
    } finally {
      await client.end();
      await instance.close();
    }
  });

  it('whose address cannot be read is a matter of the setting, which is not quoted', () => {
    const open = () => createSqlControl({ connectionString: 'postgres://me:geheim@:x/db' });
    expect(open).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }));
    expect(open).not.toThrow('geheim');
  });

  it('names a statement of ours that it refuses as our mistake', async () => {
    const feed = await readableFeed(control);
    const same = { page: page('page-1') };
    await control.feeds.append(appendOf(feed, same));
    const again = control.feeds.append(appendOf(await feedNow(control), same));
    await expect(again).rejects.toMatchObject({ code: 'CONTROL_BUG', class: 'bug' });
    expect(await feedNow(control)).toMatchObject({ head: 1 });
  });
});
