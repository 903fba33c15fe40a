import { describe, expect, it } from 'vitest';
import { makeHealth } from '../../../functions/readiness.ts';
import type { ExportPorts } from '../../../shared/export/ports.ts';
import { tellUnserved } from '../../../shared/export/profiles/unserved.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';
import { MINUTE, SECOND } from './activating.ts';
import { status } from './pipeline/kit.ts';

/** A world whose entry leaves the setting, and comes back, as two processes after another would have it. */
function leaving() {
  const world = new World();
  const organizations = new Map(world.ports.organizations);
  const served = world.ports.organizations as Map<string, unknown>;
  return {
    world,
    leave: () => served.delete(ORGANIZATION_ID),
    comeBack: () => served.set(ORGANIZATION_ID, organizations.get(ORGANIZATION_ID)),
  };
}

async function unservedOf(ports: ExportPorts): Promise<number | undefined> {
  const { jsonBody } = await makeHealth(() => ports)(() => {});
  return jsonBody.counters['profiles.unserved'];
}

describe('a profile of an organization that left the setting', () => {
  it('is told by the health check and the log with what to do, and nothing of it is changed', async () => {
    const { world, leave, comeBack } = leaving();
    const idle = await world.createProfile('idle');
    const before = await world.control.profiles.get(idle);
    await tellUnserved(world.ports);
    expect([world.log.named('profile not served'), await unservedOf(world.ports)]).toEqual([[], 0]);
    leave();
    await tellUnserved(world.ports);
    expect(world.log.named('profile not served')).toMatchObject([
      { level: 'error', fields: { profileId: idle, name: 'idle', code: 'ORGANIZATION_NOT_SERVED' } },
    ]);
    const reason = String(world.log.named('profile not served')[0]?.fields.reason);
    expect(reason).toContain(ORGANIZATION_ID);
    expect(reason).toContain('Put the entry back');
    expect(await unservedOf(world.ports)).toBe(1);
    expect(await world.control.profiles.get(idle)).toEqual(before);
    comeBack();
    expect(await unservedOf(world.ports)).toBe(0);
  });

  it('waits with this trouble when it is active, asks no vault, and goes on once the entry is back', async () => {
    const { world, leave, comeBack } = leaving();
    world.organization.create('parent', { name: 'before' });
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    leave();
    await world.ports.destinations.forget(id);
    await world.run(3 * MINUTE);
    expect((await world.control.profiles.get(id))?.breaker).toMatchObject({ code: 'ORGANIZATION_NOT_SERVED' });
    expect(world.log.named('breaker opened')).toMatchObject([{ fields: { code: 'ORGANIZATION_NOT_SERVED' } }]);
    world.organization.create('parent', { name: 'meanwhile' });
    await world.run(MINUTE);
    expect(world.destination('one').size).toBe(1);
    comeBack();
    await world.run(3 * MINUTE);
    expect(world.destination('one')).toEqual(world.source());
    expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
  });
});
