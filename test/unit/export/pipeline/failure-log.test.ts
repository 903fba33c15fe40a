import { describe, expect, it } from 'vitest';
import type { Batch, RetrySettlement } from '../../../../shared/destination/model.ts';
import { FreshetError } from '../../../../shared/errors/error.ts';
import { type ErrorCode, registered } from '../../../../shared/errors/register.ts';
import { writeFailedRecords } from '../../../../shared/export/failures/failure-log.ts';
import { resyncFailedRecords } from '../../../../shared/export/failures/resync.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { failureBlobs, logLines } from './failures.ts';
import { MINUTE, SECOND, seeded, status, troubled } from './kit.ts';

/** A profile whose destination meets the error, while it is set, in the method named. */
async function withTrouble(method: string, seed = 3) {
  const world = new World();
  seeded(world, seed);
  const trouble: { error: FreshetError | null; met: number } = { error: null, met: 0 };
  world.wrapDestination = (destination) =>
    troubled(destination, async (called) => {
      if (called !== method || !trouble.error) return;
      trouble.met++;
      throw trouble.error;
    });
  return { world, trouble };
}

describe('a destination that cannot be used', () => {
  /** What the tables of reliability.md call stop, each in the words of a database. */
  const FAULTS: readonly (readonly [string, ErrorCode, string])[] = [
    ['its size quota is reached', 'DESTINATION_FULL', "The database 'tempdb' has reached its size quota."],
    ['its log is full', 'DESTINATION_FULL', "The transaction log for database 'crm' is full."],
    ['its statements time out', 'DESTINATION_UNAVAILABLE', 'canceling statement due to lock timeout'],
    ['a permission is revoked', 'DESTINATION_FORBIDDEN', 'permission denied for table account'],
    ['its login is locked', 'DESTINATION_LOGIN_FAILED', 'password authentication failed for user "freshet"'],
    ['a table of it has been altered', 'DESTINATION_SCHEMA_CHANGED', 'column "name" is of type integer'],
    ['it stopped for good', 'DESTINATION_STOPPED', 'database is being recovered'],
    ['a statement of ours is wrong', 'DESTINATION_BUG', 'syntax error'],
  ];

  it.each(FAULTS)(
    'because %s says so, with one line in its words, and goes on when it is mended',
    async (_, code, text) => {
      const { world, trouble } = await withTrouble('apply');
      const id = await world.addProfile('one');
      await world.run(10 * SECOND);
      trouble.error = new FreshetError(code, { text });
      world.organization.create('parent', { name: 'while it lasts' });
      await world.run(5 * MINUTE);
      const { profile, entity } = await status(world, id);
      const { remedy } = registered(code);
      expect(profile).toMatchObject({ ExportStatus: 'Waiting', ErrorDetails: { Code: code, Details: remedy } });
      expect([entity.FailureNotifications, entity.RetryNotifications]).toEqual([0, 0]);
      expect(await logLines(world, id)).toEqual([
        `Entity: parent, RecordId: N/A, NotificationTime: , ChangeType: Update, FailureReason: ${text}`,
      ]);
      // The first attempts, then one a minute.
      expect(trouble.met).toBeLessThanOrEqual(4 + 6);
      trouble.error = null;
      await world.run(2 * MINUTE);
      expect(world.destination('one')).toEqual(world.source());
      expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
      expect(await logLines(world, id)).toHaveLength(1);
    },
  );

  it('for a single page tells the limit in the words of the database', async () => {
    const { world, trouble } = await withTrouble('apply', 1);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    trouble.error = new FreshetError('DESTINATION_BATCH_TOO_LARGE', { text: 'canceling statement due to timeout' });
    world.organization.create('parent', { name: 'slow' });
    await world.run(MINUTE);
    expect((await status(world, id)).profile).toMatchObject({ ErrorDetails: { Code: 'DESTINATION_LIMIT_TOO_LOW' } });
    expect(await logLines(world, id)).toEqual([
      'Entity: parent, RecordId: N/A, NotificationTime: , ChangeType: Update, FailureReason: canceling statement due to timeout',
    ]);
  });

  it('tells each opening anew', async () => {
    const { world, trouble } = await withTrouble('apply');
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    for (let opening = 1; opening <= 2; opening++) {
      trouble.error = new FreshetError('DESTINATION_FULL', { text: 'full' });
      world.organization.create('parent', { name: `opening ${opening}` });
      await world.run(MINUTE);
      expect(await logLines(world, id)).toHaveLength(opening);
      trouble.error = null;
      await world.run(2 * MINUTE);
    }
  });

  it('says that the first export was under way, and keeps the definition that it refused', async () => {
    const { world, trouble } = await withTrouble('shape');
    const text = "There is already an object named 'parent' in the database.";
    trouble.error = new FreshetError('DESTINATION_FORBIDDEN', { text });
    const id = await world.addProfile('one');
    await world.run(3 * MINUTE);
    expect(await logLines(world, id)).toEqual([
      `Entity: parent, RecordId: N/A, NotificationTime: , ChangeType: Trigger Initial Export, FailureReason: ${text}`,
    ]);
    const kept = [...(await failureBlobs(world, id, 'metadata/parent/'))].map(([, json]) => JSON.parse(json));
    expect(kept).toMatchObject([
      { entity: 'parent', changeType: 'Trigger Initial Export', reason: text, definition: { logicalName: 'parent' } },
    ]);
    trouble.error = null;
    await world.run(2 * MINUTE);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('blames no definition when it does not answer', async () => {
    const { world, trouble } = await withTrouble('shape');
    trouble.error = new FreshetError('DESTINATION_UNAVAILABLE', { text: 'connection refused' });
    const id = await world.addProfile('one');
    await world.run(MINUTE);
    expect(await logLines(world, id)).toHaveLength(1);
    expect(await failureBlobs(world, id, 'metadata/')).toEqual(new Map());
  });
});

describe('the words of a database that quote a record', () => {
  const WORDS = 'invalid input syntax for type uuid: "Ada Lovelace, 10 St James Square"';
  const SAFE = 'invalid input syntax for type uuid';
  const refused = () => new FreshetError('RECORD_REFUSED', { text: SAFE, number: '22P02' }, undefined, WORDS);

  /** A profile whose destination refuses rows of this name. */
  async function refusing(bad: number, good: number) {
    const world = new World();
    world.wrapDestination = (destination) =>
      new Proxy(destination, {
        get: (target, property) => {
          const value: unknown = Reflect.get(target, property, target);
          if (typeof value !== 'function') return value;
          if (property !== 'apply' && property !== 'settleRetries') return value.bind(target);
          return async (batch: Batch | RetrySettlement, ...rest: unknown[]) => {
            const rows = 'rows' in batch ? batch.rows : batch.write.rows;
            if (rows.some((row) => row.includes('bad'))) throw refused();
            return Reflect.apply(value, target, [batch, ...rest]);
          };
        },
      });
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    for (let row = 0; row < bad; row++) world.organization.create('parent', { name: 'bad' });
    for (let row = 0; row < good; row++) world.organization.create('parent', { name: 'good' });
    await world.run(MINUTE);
    return { world, id };
  }

  it('are verbatim in line and JSON of the failed record, and in no log of the process', async () => {
    const { world, id } = await refusing(2, 1);
    const lines = await logLines(world, id);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line.endsWith(`ChangeType: New, FailureReason: ${WORDS}`)).toBe(true);
    const kept = [...(await failureBlobs(world, id, 'data/')).values()].map((json) => JSON.parse(json));
    expect(kept.map(({ reason }) => reason)).toEqual([WORDS, WORDS]);
    expect(JSON.stringify(world.log.events)).not.toContain('Lovelace');
    expect(JSON.stringify(await status(world, id))).not.toContain('Lovelace');
  });

  it('are verbatim in the line of a destination that refuses all, and neither in its trouble nor in a log', async () => {
    const { world, id } = await refusing(30, 0);
    expect(await logLines(world, id)).toEqual([
      `Entity: parent, RecordId: N/A, NotificationTime: , ChangeType: Update, FailureReason: ${WORDS}`,
    ]);
    const { profile } = await status(world, id);
    expect(profile.ErrorDetails).toMatchObject({ Code: 'DESTINATION_REFUSES_ALL' });
    expect(profile.ErrorDetails?.Message).toContain(SAFE);
    expect(JSON.stringify([profile, world.log.events])).not.toContain('Lovelace');
  });

  it('stay with the error that wraps theirs', () => {
    const outer = new FreshetError('DESTINATION_SCHEMA_CHANGED', { text: `table t: ${SAFE}` }, refused());
    expect([outer.verbatim, outer.message.includes('Lovelace')]).toEqual([WORDS, false]);
    expect(new FreshetError('DESTINATION_FULL', { text: 'full' }, new Error('else')).verbatim).toBe('full');
    expect(new FreshetError('DESTINATION_READ_ONLY').verbatim).toBe('The database takes no writes.');
  });
});

describe('the line of a record', () => {
  it('names the time of the oldest notification of its own page, whatever it is merged with', async () => {
    const world = new World();
    const id = await world.addProfile('one', { RetryPolicy: { MaxRetryCount: 0, IntervalInSeconds: 0 } });
    await world.run(10 * SECOND);
    world.database('one').constraint = (_entity, _id, row) => (String(row?.name).startsWith('bad') ? 'no' : null);
    // The pages wait for their destination, and are merged.
    const hold = await world.control.profiles.get(id);
    await world.control.profiles.update(id, { state: 'deactivated' });
    const records = [];
    for (const seconds of [0, 30, 30]) {
      await world.run(seconds * SECOND);
      records.push(world.organization.create('parent', { name: `bad ${seconds}` }).self.id);
      await world.run(5 * SECOND);
    }
    await world.control.profiles.update(id, { state: hold?.state ?? 'active' });
    await world.run(MINUTE);
    const times = new Map(
      (await logLines(world, id)).map((line) => {
        const [, record, time] = /RecordId: ([^,]+), NotificationTime: ([^,]*),/.exec(line) ?? [];
        return [record, time];
      }),
    );
    expect(records.map((record) => times.get(record))).toEqual([
      '1/1/2026 12:00:10 AM',
      '1/1/2026 12:00:45 AM',
      '1/1/2026 12:01:20 AM',
    ]);
  });

  it('says Delete of a deletion that was refused, and the row stays until a resync removes it', async () => {
    const world = new World();
    const [first = ''] = seeded(world, 2);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = (_entity, _id, row) => (row === null ? 'a trigger forbids it' : null);
    world.organization.delete('parent', first);
    await world.run(MINUTE);
    expect(world.destination('one').has(first)).toBe(true);
    const [line, ...others] = await logLines(world, id);
    expect(others).toEqual([]);
    expect(line).toMatch(
      new RegExp(`RecordId: ${first}, NotificationTime: .*M, ChangeType: Delete, FailureReason: a trigger forbids it$`),
    );
    const kept = [...(await failureBlobs(world, id, `data/parent/${first}`)).values()].map((json) => JSON.parse(json));
    expect(kept).toMatchObject([{ id: first, changeType: 'Delete', reason: 'a trigger forbids it' }]);
    world.database('one').constraint = () => null;
    await resyncFailedRecords(world.ports, { administered: [ORGANIZATION_ID], profileId: id });
    await world.run(SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect((await status(world, id)).entity.FailureNotifications).toBe(0);
  });

  it('has its JSON under a name of one part, whatever its id', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    const entry = {
      ...{
        entity: 'parent',
        id: '../../x',
        blob: 'b',
        changeType: 'New' as const,
        attempts: 0,
        code: 'C',
        reason: 'r',
      },
      ...{ notifiedAt: null, dueAt: null, failedAt: 1, settlementId: 's' },
    };
    await writeFailedRecords(world.ports, id, 's', [{ entry, record: {} }]);
    expect([...(await failureBlobs(world, id)).keys()]).toEqual(['data/parent/..%2F..%2Fx_s.json']);
  });
});
