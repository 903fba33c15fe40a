import type { Destination } from '../../../../shared/destination/port.ts';
import { getProfile } from '../../../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, type World } from '../../../support/world.ts';

/** Milliseconds. */
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** Makes rows in the organization; gives their ids. */
export function seeded(world: World, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => world.organization.create('parent', { name: `row ${index}` }).self.id,
  );
}

/** What the API tells of a profile and of its first entity. */
export async function status(world: World, profileId: string) {
  const profile = await getProfile(world.ports, [ORGANIZATION_ID], profileId, true);
  const entity = profile.Entities[0]?.Status;
  if (!entity || !profile.Status) throw new Error('no status');
  return { profile: profile.Status, entity };
}

/** The same destination, but each method that asks its database meets `trouble` first, which may throw or take its time. */
export function troubled(destination: Destination, trouble: (method: string) => Promise<void>): Destination {
  return new Proxy(destination, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (property === 'close' || property === 'refusal') return value.bind(target);
      return async (...args: unknown[]) => {
        await trouble(String(property));
        return Reflect.apply(value, target, args);
      };
    },
  });
}
