import { expect, it } from 'vitest';
import { profileBell } from '../../../shared/control/model.ts';
import { World } from '../../support/world.ts';

const MINUTE = 60_000;

it('a statement that takes longer than a lease lasts keeps its worker’s lease', async () => {
  const world = new World();
  const profileId = await world.addProfile('one');
  await world.run(MINUTE);
  world.organization.create('parent', { name: 'slow' });
  const answers: string[] = [];
  world.wrapDestination = (destination) =>
    new Proxy(destination, {
      get: (target, property) => {
        const value = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        if (property !== 'apply') return value.bind(target);
        return async (...args: unknown[]) => {
          for (let minute = 0; minute < 5; minute++) {
            await world.clock.sleep(MINUTE);
            answers.push((await world.control.bells.answer(profileBell(profileId), `other ${minute}`)).lease);
          }
          return Reflect.apply(value, target, args);
        };
      },
    });
  await world.ports.destinations.forget(profileId);
  await world.run(6 * MINUTE);
  expect(answers).toEqual(Array(5).fill('held'));
  expect(world.destination('one')).toEqual(world.source());
});
