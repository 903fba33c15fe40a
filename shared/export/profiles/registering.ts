import type { RegisteredEntity } from '../../dataverse/registration.port.ts';
import type { ExportPorts } from '../ports.ts';

/** Profiles that come and go meanwhile are looked at again so often; then whoever changed them, or the timer, sees to it. */
const LOOKS_MAX = 5;

/**
 * Registers for notifications of exactly the entities that active profiles of the organization export; with the last of them the
 * registration goes. Of several that do it at the same time, the last to end has seen what all of them changed.
 * Rejects as `Registration` does.
 */
export async function registerActive(ports: ExportPorts, organizationId: string): Promise<void> {
  let entities = await activeEntities(ports, organizationId);
  for (let look = 1; look <= LOOKS_MAX; look++) {
    await register(ports, organizationId, entities);
    const registered = namesOf(entities);
    entities = await activeEntities(ports, organizationId);
    if (namesOf(entities) === registered) return;
  }
}

/** The same where nobody waits for it: a failure costs time, never data (the sweep rings every feed), and is logged. */
export async function tryToRegisterActive(ports: ExportPorts, organizationId: string): Promise<void> {
  try {
    await registerActive(ports, organizationId);
  } catch (error) {
    ports.log.write('error', 'registration failed', { organizationId, reason: String(error) });
  }
}

/** Now and then: brings back what somebody removed in an organization, or what a failure left undone. */
export async function registerAll(ports: ExportPorts): Promise<void> {
  for (const organizationId of ports.organizations.keys()) await tryToRegisterActive(ports, organizationId);
}

async function register(
  ports: ExportPorts,
  organizationId: string,
  entities: readonly RegisteredEntity[],
): Promise<void> {
  const registration = ports.registrationOf(organizationId);
  if (entities.length === 0) return registration.remove();
  const { unregistered } = await registration.ensure(entities);
  await ports.control.organizations.unnotified(organizationId, unregistered);
  if (unregistered.length > 0) {
    ports.log.write('info', 'entities without notifications of their own', {
      organizationId,
      entities: unregistered.join(', '),
    });
  }
}

async function activeEntities(ports: ExportPorts, organizationId: string): Promise<RegisteredEntity[]> {
  const profiles = await ports.control.profiles.list([organizationId]);
  const active = profiles.filter(({ state }) => state === 'active');
  const names = new Set(active.flatMap(({ settings }) => settings.entities.map(({ entity }) => entity)));
  const entities = await Promise.all(
    [...names].map((entity) => ports.control.feeds.metadata({ organizationId, entity })),
  );
  return entities.filter((entity) => entity !== null);
}

function namesOf(entities: readonly RegisteredEntity[]): string {
  return entities
    .map(({ logicalName }) => logicalName)
    .toSorted()
    .join();
}
