import { describe, expect, it } from 'vitest';
import { drop } from '../../../../shared/export/profiles/actions.ts';
import { deactivateProfile } from '../../../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { replacing } from '../activating.ts';
import { logLines } from './failures.ts';
import { MINUTE, SECOND, seeded, status, troubled } from './kit.ts';

const ADOPTING = { Entities: [{ Type: 'parent', Settings: { Adopt: true } }] };
const IDS_APART = 1_000;

/** Another installation, with a control database and an organization of its own, and the same databases as destinations. */
function another({ databases }: World): World {
  const world = new World();
  for (const [name, database] of databases) world.databases.set(name, database);
  for (let id = 0; id < IDS_APART; id++) world.newId();
  world.organization.create('parent', { name: 'of the other one' });
  return world;
}

/** A profile that lives, and one of another installation that takes its tables over. */
async function takenOver() {
  const world = new World();
  seeded(world, 3);
  const id = await world.addProfile('one', ADOPTING);
  await world.run(10 * SECOND);
  const other = another(world);
  const heir = await other.addProfile('one', ADOPTING);
  return { world, id, other, heir };
}

describe('a profile whose tables a profile of another installation took over', () => {
  it('writes nothing more, says who has them, and leaves them alone, from the very moment of it', async () => {
    const { world, id, other, heir } = await takenOver();
    // Before the heir has begun.
    world.organization.create('parent', { name: 'late' });
    await world.run(2 * MINUTE);
    const { profile } = await status(world, id);
    expect(profile).toMatchObject({ ExportStatus: 'Waiting', ErrorDetails: { Code: 'DESTINATION_TABLES_TAKEN' } });
    expect(profile.ErrorDetails?.Message).toContain(heir);
    expect(profile.ErrorDetails?.Details).toContain('Settings.Adopt');
    expect(await logLines(world, id)).toEqual([expect.stringContaining(heir)]);
    await other.run(10 * SECOND);
    expect(other.destination('one')).toEqual(other.source());
    await world.run(5 * MINUTE);
    expect(other.destination('one')).toEqual(other.source());
    expect((await status(other, heir)).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
  });

  it('notices it in the middle of its turn, too', async () => {
    const world = new World();
    seeded(world, 3);
    const id = await world.addProfile('one', ADOPTING);
    await world.run(10 * SECOND);
    const other = another(world);
    let taken = false;
    world.wrapDestination = (destination) =>
      troubled(destination, async (method) => {
        if (method !== 'apply' || taken) return;
        taken = true;
        await other.addProfile('one', ADOPTING);
      });
    await world.ports.destinations.forget(id);
    world.organization.create('parent', { name: 'late' });
    await world.run(10 * SECOND);
    expect(taken).toBe(true);
    expect((await status(world, id)).profile).toMatchObject({ ErrorDetails: { Code: 'DESTINATION_TABLES_TAKEN' } });
    await other.run(10 * SECOND);
    expect(other.destination('one')).toEqual(other.source());
  });

  it('takes them back when it is activated again, and then the other one waits', async () => {
    const { world, id, other, heir } = await takenOver();
    await other.run(10 * SECOND);
    await world.activate(id);
    await world.run(10 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
    await other.run(2 * MINUTE);
    expect((await status(other, heir)).profile).toMatchObject({ ErrorDetails: { Code: 'DESTINATION_TABLES_TAKEN' } });
    expect(world.destination('one')).toEqual(world.source());
  });

  it('may not take them back without a word, and not drop them', async () => {
    const world = new World();
    seeded(world, 3);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    const other = another(world);
    await other.addProfile('one', ADOPTING);
    await other.run(10 * SECOND);
    await expect(world.activate(id)).rejects.toThrow(/TABLE_STANDS/);
    await deactivateProfile(world.ports, [ORGANIZATION_ID], id);
    const dropping = drop(world.ports, { administered: [ORGANIZATION_ID], profileId: id });
    await expect(dropping).rejects.toMatchObject({ code: 'DESTINATION_TABLES_TAKEN' });
    expect(other.destination('one')).toEqual(other.source());
  });
});

describe('an activation that takes tables over', () => {
  it('ends what was begun there wherever it breaks off, and is whole when it is done again', async () => {
    const world = new World();
    seeded(world, 3);
    const former = await world.addProfile('one');
    await world.run(10 * SECOND);
    const other = another(world);
    const heir = await other.createProfile('one', ADOPTING);
    let killed = false;
    other.wrapDestination = (destination) =>
      replacing(destination, 'claim', async (claim) => {
        const claimed = await claim();
        if (killed) return claimed;
        killed = true;
        throw new Error('killed');
      });
    await expect(other.activate(heir)).rejects.toThrow('killed');
    await world.run(2 * MINUTE);
    expect((await status(world, former)).profile).toMatchObject({
      ErrorDetails: { Code: 'DESTINATION_TABLES_TAKEN' },
    });
    await other.activate(heir);
    await other.run(10 * SECOND);
    expect(other.destination('one')).toEqual(other.source());
  });
});
