import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { LEASE_MS, LEASES_PER_ORGANIZATION } from '../../shared/control/bells.port.ts';
import { feedBell, profileBell } from '../../shared/control/model.ts';
import { REQUEST_BURST } from '../../shared/control/organizations.port.ts';
import type { Control } from '../../shared/control/port.ts';
import { createSqlControl } from '../../shared/control/sql/control.ts';
import { freshDatabase } from '../support/postgres.ts';
import { settingsOf } from '../support/refresh-data.ts';
import { type TestDatabase, testDatabase } from './control/database.ts';
import {
  ACCOUNT_BELL,
  ACCOUNTS,
  appendOf,
  CONTACTS,
  feedNow,
  join,
  known,
  page,
  profile,
  readableFeed,
  settings,
} from './control/kit.ts';
import { newOperation } from './control/operations.kit.ts';

let database: TestDatabase;
let control: Control;
/** Another instance of Freshet, with connections of its own. */
let other: Control;

beforeAll(async () => {
  database = await testDatabase(1_700_000_000_000);
  control = database.control;
  other = createSqlControl({ connectionString: database.url, now: () => database.now() });
  await other.migrate();
});
beforeEach(() => database.empty());
afterAll(async () => {
  await other?.close();
  await database?.close();
});

/** The same call on both instances, in turn, all under way together. */
function together<T>(count: number, call: (instance: Control, n: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => call(n % 2 === 0 ? control : other, n)));
}

describe('workers at the same time', () => {
  it('of one bell: one gets the lease', async () => {
    await join(control, ['p1']);
    for (let round = 1; round <= 10; round++) {
      const answers = await together(8, (instance, n) => instance.bells.answer(ACCOUNT_BELL, `${round}-${n}`));
      expect(answers.filter(({ lease }) => lease === 'taken')).toHaveLength(1);
      database.advance(LEASE_MS);
    }
  });

  it('of one organization: no more leases than the limit', async () => {
    const feeds = Array.from({ length: 3 * LEASES_PER_ORGANIZATION }, (_, n) => ({ ...ACCOUNTS, entity: `e${n}` }));
    await control.profiles.create(profile('p1'));
    for (const feed of feeds) await control.profiles.subscribe('p1', feed, known('shape-1'));
    const keys = feeds.map(feedBell);
    const answers = await together(keys.length, (instance, n) => instance.bells.answer(keys[n] ?? ACCOUNT_BELL, 'a'));
    expect(answers.filter(({ lease }) => lease === 'taken')).toHaveLength(LEASES_PER_ORGANIZATION);
    expect(answers.filter(({ lease }) => lease === 'busy')).toHaveLength(2 * LEASES_PER_ORGANIZATION);
  });

  it('that ring the same bells in any order do not lock each other out, count exactly and ask for one message', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `p${n}`);
    for (const id of ids) await control.profiles.create(profile(id));
    const keys = ids.map(profileBell);
    const messages = await together(50, (instance, n) => {
      const chosen = keys.filter((_, k) => (k * 7 + n) % 3 !== 0);
      const order = n % 4 < 2 ? chosen : chosen.reverse();
      return instance.bells.ring(order.map((key) => ({ key, notifiedAt: 1_000 - n })));
    });
    expect(messages.flat().sort()).toEqual([...keys].sort());
    for (const [k, key] of keys.entries()) {
      await control.bells.answer(key, 'a');
      const rung = Array.from({ length: 50 }, (_, n) => n).filter((n) => (k * 7 + n) % 3 !== 0).length;
      expect(await control.bells.hold(key, 'a')).toEqual({ rung, seen: 0 });
    }
  });

  it('that ring while another gives the lease back: he stays, or a message is sent', async () => {
    await join(control, ['p1']);
    for (let round = 0; round < 40; round++) {
      await control.bells.answer(ACCOUNT_BELL, 'a');
      const [messages, given] = await Promise.all([
        other.bells.ring([{ key: ACCOUNT_BELL }]),
        control.bells.giveBack(ACCOUNT_BELL, 'a'),
      ]);
      expect({ given, messages }).toEqual(
        given === 'given' ? { given, messages: [ACCOUNT_BELL] } : { given: 'rung', messages: [] },
      );
      if (given === 'given') await control.bells.answer(ACCOUNT_BELL, 'a');
      await control.bells.heard(ACCOUNT_BELL, 'a', round + 1);
      await control.bells.giveBack(ACCOUNT_BELL, 'a');
    }
  });

  it('that append to one feed under one owner: one wins, and no number is given twice', async () => {
    await readableFeed(control);
    for (let head = 1; head <= 10; head++) {
      const feed = await feedNow(control);
      const appended = await together(6, (instance, n) =>
        instance.feeds.append(appendOf(feed, { page: page(`page-${head}-${n}`) })),
      );
      expect(appended.filter((result) => result !== null)).toMatchObject([{ head }]);
    }
    const pages = await control.feeds.pagesAfter(ACCOUNTS, 0, 100);
    expect(pages.map((each) => each.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(pages.map((each) => each.previous)).toEqual(['start', ...pages.slice(0, -1).map((each) => each.id)]);
  });

  it('that reserve requests get a slot each', async () => {
    const nothing = { requests: 0, elapsedMs: 0 };
    await together(REQUEST_BURST, (instance) => instance.organizations.reserve('contoso', nothing));
    const waits = await together(30, (instance) => instance.organizations.reserve('contoso', nothing));
    expect(new Set(waits).size).toBe(30);
    expect(Math.min(...waits)).toBeGreaterThan(0);
  });

  it('that count lose nothing', async () => {
    await together(40, (instance, n) => instance.organizations.count(`counter ${n % 3}`, 1));
    expect(await control.organizations.counters()).toEqual({ 'counter 0': 14, 'counter 1': 13, 'counter 2': 13 });
  });

  it('that make profiles of one name: one is made', async () => {
    const made = await together(10, (instance, n) =>
      instance.profiles.create(profile(`p${n}`, { settings: settings(n % 3 === 0 ? 'Sales' : 'SALES') })),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await control.profiles.list(['contoso'])).toHaveLength(1);
  });

  it('that wish different things of one profile, each expecting what it saw: one wins', async () => {
    await control.profiles.create(profile('p1'));
    for (let round = 1; round <= 5; round++) {
      const seen = await control.profiles.get('p1');
      const won = await together(8, (instance, n) =>
        instance.profiles.update('p1', { intent: `${round}-${n}` }, { intent: seen?.intent ?? null }),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await control.profiles.get('p1'))?.intent).toBe(`${round}-${won.indexOf(true)}`);
    }
  });

  it('that join a new feed, some of them leaving again: the feed is there once, for those who stayed', async () => {
    const ids = Array.from({ length: 8 }, (_, n) => `p${n}`);
    for (const id of ids) await control.profiles.create(profile(id));
    for (let round = 0; round < 5; round++) {
      await together(ids.length, async (instance, n) => {
        const id = ids[n] ?? '';
        await instance.profiles.subscribe(id, ACCOUNTS, known('shape-1'));
        await instance.profiles.subscribe(id, CONTACTS, known('shape-1'));
        if (n > 0 || round % 2 === 1) {
          await instance.profiles.remove(id);
          await instance.profiles.create(profile(id));
        }
      });
      const left = round % 2 === 1 ? [] : ['p0'];
      expect(await control.profiles.listeners(ACCOUNTS)).toEqual(left);
      expect((await control.feeds.of('contoso')).length).toBe(2 * left.length);
      const answer = await control.bells.answer(ACCOUNT_BELL, `round ${round}`);
      expect(answer.lease).toBe(left.length > 0 ? 'taken' : 'gone');
      database.advance(LEASE_MS);
    }
  });

  it('of which one joins a feed while the last other leaves it: there is a feed for him, with its bell', async () => {
    for (const id of ['p0', 'p1']) await control.profiles.create(profile(id));
    await control.profiles.subscribe('p0', ACCOUNTS, known('shape-1'));
    for (let round = 0; round < 30; round++) {
      const [leaving, joining] = round % 2 === 0 ? ['p0', 'p1'] : ['p1', 'p0'];
      await Promise.all([
        control.profiles.remove(leaving),
        other.profiles.subscribe(joining, ACCOUNTS, known('shape-1')),
      ]);
      expect(await control.profiles.subscriptions(joining)).toMatchObject([{ entity: 'account', tail: 'start' }]);
      expect(await control.bells.ring([{ key: ACCOUNT_BELL }])).toHaveLength(1);
      await control.bells.answer(ACCOUNT_BELL, 'a');
      await control.bells.heard(ACCOUNT_BELL, 'a', round + 1);
      await control.bells.giveBack(ACCOUNT_BELL, 'a');
      await control.profiles.create(profile(leaving));
    }
  });

  it('that begin operations, one the other way round: one begins, and no more than the limit', async () => {
    for (const name of ['PROD', 'UAT'] as const)
      await control.environments.register({ projectId: 7, id: name.toLowerCase(), settings: settingsOf(name) });
    for (let round = 1; round <= 5; round++) {
      const begun = await together(8, (instance, n) => {
        const way = n % 3 === 0 ? { sourceId: 'uat', targetId: 'prod' } : {};
        return instance.operations.begin(newOperation(`${round}-${n}`, way), { max: 9, windowMs: 1_000 });
      });
      const won = begun.flatMap((one) => ('begun' in one ? [one.begun] : []));
      expect(won).toHaveLength(1);
      for (const one of won) await control.operations.withdraw(one);
    }
    const others = await together(12, (instance, n) =>
      instance.operations.begin(newOperation(`t${n}`, { targetId: `t${n}` }), { max: 3, windowMs: 1_000 }),
    );
    expect(others.filter((one) => 'begun' in one)).toHaveLength(3);
    expect(others.filter((one) => 'limitedSince' in one)).toHaveLength(9);
  });

  it('that call at once are admitted up to the limit', async () => {
    const waits = await together(12, (instance) => instance.calls.admit([{ key: 'start', max: 5, windowMs: 60_000 }]));
    expect(waits.filter((ms) => ms === 0)).toHaveLength(5);
  });

  it('that append while the profile is removed leave nothing behind', async () => {
    for (let round = 0; round < 10; round++) {
      const feed = await readableFeed(control, `reader ${round}`);
      const owner = `reader ${round}`;
      await Promise.all([
        other.feeds.append(appendOf(feed, { owner, page: page(`page ${round}`) })),
        other.bells.ring([{ key: ACCOUNT_BELL }, { key: profileBell('p1') }]),
        control.profiles.remove('p1'),
      ]);
      const [left] = await database.query<{ rows: number }>(
        `SELECT (SELECT count(*) FROM freshet.pages) + (SELECT count(*) FROM freshet.feeds)
              + (SELECT count(*) FROM freshet.bells) + (SELECT count(*) FROM freshet.subscriptions) AS rows`,
      );
      expect(Number(left?.rows)).toBe(0);
    }
  });
});

describe('the tables', () => {
  it('are made once, however many instances start at the same time, and starting again changes nothing', async () => {
    const connectionString = await freshDatabase(inject('postgresUrl'));
    const instances = Array.from({ length: 6 }, () => createSqlControl({ connectionString }));
    try {
      await Promise.all(instances.map((instance) => instance.migrate()));
      const [first] = instances;
      await first?.profiles.create(profile('p1'));
      await Promise.all(instances.map((instance) => instance.migrate()));
      expect(await first?.profiles.get('p1')).toEqual(profile('p1'));
    } finally {
      await Promise.all(instances.map((instance) => instance.close()));
    }
  });

  it('are made by the first call, whatever it is and however many come at once', async () => {
    const connectionString = await freshDatabase(inject('postgresUrl'));
    const instance = createSqlControl({ connectionString });
    try {
      const calls = Array.from({ length: 6 }, (_, n) => [
        instance.profiles.create(profile(`p${n}`)),
        instance.bells.abandoned(1),
        instance.organizations.count('n', 1),
      ]);
      await Promise.all(calls.flat());
      expect(await instance.profiles.list(['contoso'])).toHaveLength(6);
      expect(await instance.organizations.counters()).toEqual({ n: 6 });
    } finally {
      await instance.close();
    }
  });

  it('are made by a later call when the database could not be reached at the first', async () => {
    const url = new URL(inject('postgresUrl'));
    url.pathname = '/made_later';
    const instance = createSqlControl({ connectionString: url.href });
    try {
      const calls = await Promise.allSettled([instance.profiles.get('p1'), instance.bells.abandoned(1)]);
      for (const call of calls) {
        expect(call).toMatchObject({ status: 'rejected', reason: { code: 'CONTROL_UNAVAILABLE' } });
      }
      await freshDatabase(inject('postgresUrl'), 'made_later');
      expect(await instance.profiles.get('p1')).toBeNull();
    } finally {
      await instance.close();
    }
  });

  it('of an earlier version are brought up to date by the first call, and keep their rows', async () => {
    const connectionString = await freshDatabase(inject('postgresUrl'));
    const client = new pg.Client({ connectionString });
    await client.connect();
    const instances = [1, 2].map(() => createSqlControl({ connectionString }));
    try {
      await instances[0]?.profiles.create(profile('p1'));
      await client.query('ALTER TABLE freshet.profiles DROP COLUMN intent');
      await client.query(`DELETE FROM freshet.migrations WHERE name = '0002-profile-intents'`);
      expect(await instances[1]?.profiles.get('p1')).toEqual(profile('p1'));
    } finally {
      await client.end();
      for (const instance of instances) await instance.close();
    }
  });

  it('let a sweep come sooner to feeds that Dataverse does not tell us of, and later to the others all the same', async () => {
    await join(control, ['p1'], ACCOUNTS);
    await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
    await control.organizations.sweep(2);
    await database.query(`UPDATE freshet.feeds SET registered = false WHERE entity = 'contact'`);
    const swept: string[] = [];
    for (let n = 0; n < 10; n++) {
      database.advance(60_000);
      swept.push(...(await control.organizations.sweep(1)).map(({ entity }) => entity));
    }
    expect(swept.filter((entity) => entity === 'contact')).toHaveLength(8);
    expect(swept.filter((entity) => entity === 'account')).toHaveLength(2);
  });
});
