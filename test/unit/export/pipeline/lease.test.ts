import { expect, it } from 'vitest';
import { profileBell } from '../../../../shared/control/model.ts';
import { World } from '../../../support/world.ts';
import { MINUTE, troubled } from './kit.ts';

it('a statement that takes longer than a lease lasts keeps its worker’s lease', async () => {
  const world = new World();
  const profileId = await world.addProfile('one');
  await world.run(MINUTE);
  world.organization.create('parent', { name: 'slow' });
  const answers: string[] = [];
  world.wrapDestination = (destination) =>
    troubled(destination, async (method) => {
      if (method !== 'apply') return;
      for (let minute = 0; minute < 5; minute++) {
        await world.clock.sleep(MINUTE);
        answers.push((await world.control.bells.answer(profileBell(profileId), `other ${minute}`)).lease);
      }
    });
  await world.ports.destinations.forget(profileId);
  await world.run(6 * MINUTE);
  expect(answers).toEqual(Array(5).fill('held'));
  expect(world.destination('one')).toEqual(world.source());
});
