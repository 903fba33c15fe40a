import type { Destination } from '../../../shared/destination/port.ts';
import type { ExportPorts } from '../../../shared/export/ports.ts';
import {
  ACTIVATION_STEPS,
  type Activation,
  requestActivation,
  runActivationStep,
} from '../../../shared/export/profiles/activation.ts';
import { createProfile, deactivateProfile, deleteProfile } from '../../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, TENANT_ID, World } from '../../support/world.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const SECRET = 'https://freshet.vault.azure.net/secrets/one';
export const TAGS = { [ORGANIZATION_ID]: TENANT_ID };
export const ROWS = 5;

/** A world with rows and a profile that nobody has activated yet, writing to the database `one`. */
export async function createdProfile(): Promise<{ world: World; id: string }> {
  const world = new World();
  for (let row = 0; row < ROWS; row++) world.organization.create('parent', { name: `row ${row}` });
  world.secrets.set(SECRET, { value: 'one', tags: TAGS });
  const { Id } = await createProfile(world.ports, [ORGANIZATION_ID], {
    Name: 'one',
    OrganizationId: ORGANIZATION_ID,
    Entities: [{ Type: 'parent' }],
    DestinationKeyVaultUri: SECRET,
    RetryPolicy: { MaxRetryCount: 2, IntervalInSeconds: 5 },
  });
  return { world, id: Id };
}

/** What POST activate does in a process with these ports, from the moment that it has found the profile. */
export async function request(world: World, id: string, ports = world.ports): Promise<Activation | null> {
  const profile = await world.control.profiles.get(id);
  return profile && requestActivation(ports, profile);
}

export async function requested(world: World, id: string): Promise<Activation> {
  const activation = await request(world, id);
  if (!activation) throw new Error('the activation was overtaken');
  return activation;
}

/** The steps as the orchestration runs them; answers with how they ended. */
export async function runSteps(ports: ExportPorts, activation: Activation): Promise<string> {
  for (const step of ACTIVATION_STEPS) {
    const { outcome } = await runActivationStep(ports, activation, step);
    if (outcome !== 'done') return outcome;
  }
  return 'done';
}

/** Ports of a process of its own, in which something happens before its operation of that number. */
export function interrupted(world: World, at: number, interrupt: () => Promise<unknown>) {
  let operations = 0;
  const ports = world.makePorts(async (_operation, moment) => {
    if (moment === 'before' && ++operations === at) await interrupt();
  });
  return { ports, happened: () => operations >= at };
}

export const deactivate = (world: World, id: string) => deactivateProfile(world.ports, [ORGANIZATION_ID], id);
export const remove = (world: World, id: string) => deleteProfile(world.ports, [ORGANIZATION_ID], id);

/** A destination in which one of its methods is replaced; `original` is what it would have done. */
export function replacing(
  destination: Destination,
  method: keyof Destination,
  replacement: (original: () => unknown) => Promise<unknown>,
): Destination {
  return new Proxy(destination, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (property !== method) return value.bind(target);
      return (...args: unknown[]) => replacement(() => Reflect.apply(value, target, args));
    },
  });
}
