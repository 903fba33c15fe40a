import type { RegisteredEntity } from '../../dataverse/registration.port.ts';
import type { ExportPorts } from '../ports.ts';

/**
 * Registers for notifications of exactly the entities that active profiles of the organization export; with the last of them the
 * registration goes. A failure costs time, never data (the sweep rings every feed): it is logged, not thrown.
 */
export async function registerActive(ports: ExportPorts, organizationId: string): Promise<void> {
  try {
    const registration = ports.registrationOf(organizationId);
    const entities = await activeEntities(ports, organizationId);
    if (entities.length === 0) return await registration.remove();
    const { unregistered } = await registration.ensure(entities);
    await ports.control.organizations.unnotified(organizationId, unregistered);
    if (unregistered.length > 0) {
      ports.log.write('info', 'entities without notifications of their own', {
        organizationId,
        entities: unregistered.join(', '),
      });
    }
  } catch (error) {
    ports.log.write('error', 'registration failed', { organizationId, reason: String(error) });
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
