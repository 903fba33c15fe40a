import { describe, expect, it } from 'vitest';
import { resyncFailedRecords } from '../../../../shared/export/failures/resync.ts';
import { deactivateProfile } from '../../../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { failureBlobs, logLines } from './failures.ts';
import { MINUTE, SECOND, status } from './kit.ts';

const BAD = 3;
const administered = [ORGANIZATION_ID];
const resync = (world: World, profileId: string, entity?: string) =>
  resyncFailedRecords(world.ports, { administered, profileId, entity });

/** A profile with some failed records among good ones; the check of the destination goes by the names given. */
async function withFailedRecords(settings: Record<string, unknown> = {}) {
  const world = new World();
  const id = await world.addProfile('one', { Entities: [{ Type: 'parent' }, { Type: 'child' }], ...settings });
  await world.run(10 * SECOND);
  const refused = new Set(['bad']);
  world.database('one').constraint = (_entity, _id, row) =>
    refused.has(String(row?.name)) ? 'the check says no' : null;
  const bad = Array.from({ length: BAD }, () => world.organization.create('parent', { name: 'bad' }).self.id);
  world.organization.create('parent', { name: 'good' });
  await world.run(MINUTE);
  expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: BAD, RetryNotifications: 0 });
  return { world, id, bad, refused };
}

describe('a resync of failed records', () => {
  it('writes them once their cause is mended, and the counter is 0', async () => {
    const { world, id, refused } = await withFailedRecords();
    refused.clear();
    expect(await resync(world, id)).toEqual({ Entities: ['child', 'parent'], Records: BAD });
    expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: BAD });
    await world.run(SECOND);
    expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: 0, RetryNotifications: 0 });
    expect(world.destination('one')).toEqual(world.source());
    expect(await logLines(world, id, 'forcerefreshfailurelog')).toEqual([]);
  });

  it('counts them as failed all the while that they are refused again, and tells of it in its own folder', async () => {
    const { world, id, bad } = await withFailedRecords();
    const before = await failureBlobs(world, id, 'failurelog/');
    await resync(world, id);
    for (let look = 0; look < 6; look++) {
      await world.run(3 * SECOND);
      expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: BAD, RetryNotifications: 0 });
    }
    const lines = await logLines(world, id, 'forcerefreshfailurelog');
    expect(lines.map((line) => /RecordId: ([^,]+)/.exec(line)?.[1]).toSorted()).toEqual(bad.toSorted());
    expect(lines[0]).toMatch(/^Entity: parent, RecordId: .*, ChangeType: New, FailureReason: the check says no$/);
    // What the log said stays as it is.
    expect(await failureBlobs(world, id, 'failurelog/')).toEqual(before);
  });

  it('tells of the last one alone', async () => {
    const { world, id, refused } = await withFailedRecords();
    for (let time = 0; time < 2; time++) {
      await resync(world, id);
      await world.run(MINUTE);
      expect(await logLines(world, id, 'forcerefreshfailurelog')).toHaveLength(BAD);
    }
    refused.clear();
    await resync(world, id);
    await world.run(MINUTE);
    expect(await logLines(world, id, 'forcerefreshfailurelog')).toEqual([]);
  });

  it('tries them once even where no retries are allowed', async () => {
    const { world, id, refused } = await withFailedRecords({
      RetryPolicy: { MaxRetryCount: 0, IntervalInSeconds: 3_600 },
    });
    await resync(world, id);
    await world.run(SECOND);
    expect(await logLines(world, id, 'forcerefreshfailurelog')).toHaveLength(BAD);
    refused.clear();
    await resync(world, id);
    await world.run(SECOND);
    expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: 0 });
  });

  it('reaches one entity alone when it is named, in any letter case', async () => {
    const { world, id, refused } = await withFailedRecords();
    refused.clear();
    expect(await resync(world, id, 'CHILD')).toEqual({ Entities: ['child'], Records: 0 });
    await world.run(SECOND);
    expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: BAD });
    expect(await resync(world, id, 'Parent')).toEqual({ Entities: ['parent'], Records: BAD });
    await world.run(SECOND);
    expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: 0 });
  });

  it('brings back no record that was deleted meanwhile, and no older version of one', async () => {
    const { world, id, bad, refused } = await withFailedRecords();
    await resync(world, id);
    await world.run(SECOND);
    const [deleted = '', renamed = ''] = bad;
    world.organization.delete('parent', deleted);
    world.organization.update('parent', renamed, { name: 'newer' });
    refused.clear();
    await world.run(MINUTE);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('one').has(deleted)).toBe(false);
    expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: 0 });
  });

  it('is refused for a profile that is not active or not visible, and for an entity that it does not export', async () => {
    const { world, id } = await withFailedRecords();
    await expect(resync(world, id, 'lead')).rejects.toMatchObject({ code: 'ENTITY_NOT_EXPORTED' });
    const stranger = { administered: [], profileId: id };
    await expect(resyncFailedRecords(world.ports, stranger)).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
    await deactivateProfile(world.ports, administered, id);
    await expect(resync(world, id)).rejects.toMatchObject({ code: 'PROFILE_NOT_ACTIVE' });
  });
});
