import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openPostgresDestination } from '../../shared/destination/postgres/destination.ts';
import { applyProfile } from '../../shared/export/apply/apply-profile.ts';
import { parseApplyMessage, parseReadMessage } from '../../shared/export/messages.ts';
import { getProfile } from '../../shared/export/profiles/profiles.ts';
import { readFeed } from '../../shared/export/read/read-feed.ts';
import { sweep } from '../../shared/export/sweep.ts';
import { intercept } from '../support/intercept.ts';
import { borrowDatabase, giveBackDatabase } from '../support/postgres.ts';
import { ORGANIZATION_ID, World } from '../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const ROWS = 30;

const RAISE = (state: string, text: string) => `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '${text}' USING ERRCODE = '${state}'; END $$;
  CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON dbo.parent FOR EACH ROW EXECUTE FUNCTION refuse()`;
const NO_MORE = 'DROP FUNCTION refuse CASCADE';

/** What the machine mends by itself: made anew, and filled by a resync. */
const MENDED: readonly (readonly [string, string])[] = [
  ['the table of an entity', 'DROP TABLE dbo.parent'],
  ['a column', 'ALTER TABLE dbo.parent DROP COLUMN name'],
  ['the table of an entity and a metadata table', 'DROP TABLE dbo.parent, dbo.attributemetadata'],
  ['the delete log', 'DROP TABLE dbo.deletelog'],
  ['the positions', 'DROP TABLE dbo.freshetposition'],
  ['the retries', 'DROP TABLE dbo.freshetretry'],
  ['the positions and a metadata table', 'DROP TABLE dbo.freshetposition, dbo.targetmetadata'],
  ['everything', 'DROP SCHEMA dbo CASCADE'],
];

/** What needs a person: done, code, the words in the log, and the cure. */
const WAITING: readonly (readonly [string, string, string, RegExp, string])[] = [
  [
    'a size quota that is reached',
    RAISE('53100', 'The database has reached its size quota.'),
    'DESTINATION_FULL',
    /The database has reached its size quota\.$/,
    NO_MORE,
  ],
  [
    'statements that time out however small they are',
    RAISE('57014', 'canceling statement due to statement timeout'),
    'DESTINATION_LIMIT_TOO_LOW',
    /FailureReason: canceling statement due to statement timeout$/,
    NO_MORE,
  ],
  [
    'a permission that is revoked',
    `CREATE ROLE onlooker_${process.pid}; ALTER TABLE dbo.parent OWNER TO onlooker_${process.pid};
     REVOKE ALL ON dbo.parent FROM PUBLIC`,
    'DESTINATION_FORBIDDEN',
    /permission denied for table parent$/,
    `ALTER TABLE dbo.parent OWNER TO writer_${process.pid}; DROP ROLE onlooker_${process.pid}`,
  ],
  [
    'a rule that refuses every record',
    'ALTER TABLE dbo.parent ADD CONSTRAINT closed CHECK (false) NOT VALID',
    'DESTINATION_REFUSES_ALL',
    /violates check constraint "closed"/,
    'ALTER TABLE dbo.parent DROP CONSTRAINT closed',
  ],
  [
    'a trigger of somebody else that is broken',
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN PERFORM * FROM dbo.no_such_table; RETURN new; END $$;
     CREATE TRIGGER refuse BEFORE INSERT ON dbo.parent FOR EACH ROW EXECUTE FUNCTION refuse()`,
    'DESTINATION_SCHEMA_CHANGED',
    /relation "dbo\.no_such_table" does not exist$/,
    NO_MORE,
  ],
  [
    'a trigger of somebody else that misses a function',
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM no_such_function(); RETURN new; END $$;
     CREATE TRIGGER refuse BEFORE INSERT ON dbo.parent FOR EACH ROW EXECUTE FUNCTION refuse()`,
    'DESTINATION_SCHEMA_CHANGED',
    /function no_such_function\(\) does not exist$/,
    NO_MORE,
  ],
  [
    'something else under the name of a table',
    'DROP TABLE dbo.parent; CREATE VIEW dbo.parent AS SELECT 1 AS id',
    'DESTINATION_SCHEMA_CHANGED',
    /parent/,
    'DROP VIEW dbo.parent',
  ],
];

/** The pipeline on a real database: its clock stands while the database works, so that nothing times out by being slow. */
describe('what somebody does to a destination by hand', () => {
  let url: string;
  let client: pg.Client;
  let world: World;
  let profileId: string;
  let applied: number;
  let nextSweepAt: number;
  const role = `writer_${process.pid}`;

  beforeEach(async () => {
    url = await borrowDatabase(inject('postgresUrl'));
    client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    await client.query(`CREATE SCHEMA dbo; GRANT ALL ON SCHEMA dbo TO ${role}`);
    await client.query(
      `DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ${role}', current_database()); END $$`,
    );
    world = new World();
    applied = 0;
    nextSweepAt = world.clock.now();
    seed('before');
    profileId = await world.createProfile('one', { WriteDeleteLog: true });
    const address = { profileId, schema: 'dbo', prefix: '' };
    const asRole = Object.assign(new URL(url), { username: role, password: 'secret' }).href;
    world.wrapDestination = () =>
      intercept(openPostgresDestination(asRole, address), ({ method }) => {
        if (method === 'apply') applied++;
      });
    await world.activate(profileId);
    await pass(10 * SECOND);
    expect(await rows()).toEqual(world.source());
  });

  afterEach(async () => {
    await world.ports.destinations.forget(profileId);
    await client.query(`DROP OWNED BY ${role} CASCADE`);
    await client.query(`DROP ROLE ${role}`);
    await client.end();
    await giveBackDatabase(url);
  });

  function seed(name: string): void {
    for (let row = 0; row < ROWS; row++) world.organization.create('parent', { name: `${name} ${row}` });
  }

  async function pass(ms: number): Promise<void> {
    for (const end = world.clock.now() + ms; ; ) {
      await workOff();
      const deliveries = (['reads', 'applies'] as const).flatMap((queue) => world.queues.nextDeliveryAt(queue) ?? []);
      const next = Math.min(nextSweepAt, ...deliveries);
      if (next > end) return world.clock.advanceTo(end);
      await world.clock.advanceTo(next);
      if (next < nextSweepAt) continue;
      nextSweepAt = world.clock.now() + 15 * SECOND;
      await sweep(world.ports);
    }
  }

  async function workOff(): Promise<void> {
    for (;;) {
      const [read] = world.queues.takeDue('reads', 1);
      const [apply] = world.queues.takeDue('applies', 1);
      if (!read && !apply) return;
      const reading = read && parseReadMessage(world.log, read.body);
      const applying = apply && parseApplyMessage(world.log, apply.body);
      if (reading) await readFeed(world.ports, reading);
      if (applying) await applyProfile(world.ports, applying);
    }
  }

  async function rows(): Promise<Map<string, unknown>> {
    const { rows } = await client.query<{ id: string; name: string }>('SELECT id::text, name FROM dbo.parent');
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  async function status() {
    const profile = await getProfile(world.ports, [ORGANIZATION_ID], profileId, true);
    return { profile: profile.Status, entity: profile.Entities[0]?.Status };
  }

  async function lines(): Promise<string[]> {
    const texts: string[] = [];
    for await (const { name } of world.blobs.list(`failures-${profileId}`, 'failurelog/'))
      texts.push(
        Buffer.from((await world.blobs.get(`failures-${profileId}`, name)) ?? [])
          .toString()
          .trimEnd(),
      );
    return texts;
  }

  const NOTHING_LOST = { FailureNotifications: 0, RetryNotifications: 0 };

  it.each(MENDED)('%s dropped is made anew and filled, by one resync', async (_, statement) => {
    await client.query(statement);
    seed('after');
    for (const [id] of [...world.source()].slice(0, 3)) world.organization.delete('parent', id);
    await pass(3 * MINUTE);
    expect(await rows()).toEqual(world.source());
    expect((await status()).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
    expect((await status()).entity).toMatchObject(NOTHING_LOST);
    expect(await lines()).toEqual([]);
    expect(world.log.named('resync queued').length).toBeLessThanOrEqual(2);
  });

  it.each(WAITING)('%s ends in a state that says so, and goes on by itself when it is mended', async (...fault) => {
    const [_, statement, code, words, cure] = fault;
    await client.query(statement);
    seed('after');
    applied = 0;
    await pass(5 * MINUTE);
    const waiting = await status();
    expect(waiting.profile).toMatchObject({ ExportStatus: 'Waiting', ErrorDetails: { Code: code } });
    expect(waiting.entity).toMatchObject(NOTHING_LOST);
    const [line, ...others] = await lines();
    expect(others).toEqual([]);
    expect(line).toMatch(/^Entity: parent, RecordId: N\/A, NotificationTime: , ChangeType: Update, FailureReason: /);
    expect(line).toMatch(words);
    // A probe a minute with its search, and no loop.
    expect(applied).toBeLessThan(6 * 100);
    await client.query(cure);
    await pass(3 * MINUTE);
    expect(await rows()).toEqual(world.source());
    expect((await status()).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
    expect(await lines()).toEqual([line]);
  });
});
