import type { ExportPorts } from '../ports.ts';
import { type Administered, visibleProfile } from './profiles.ts';

/** How the definitions of a profile's entities changed while they were exported, oldest first. PROFILE_NOT_FOUND. */
export async function schemaHistory(ports: ExportPorts, administered: Administered, id: string) {
  const { settings } = await visibleProfile(ports, administered, id);
  const entities = settings.entities.map(({ entity }) => entity);
  const events = await ports.control.history.of(settings.organizationId, entities);
  return events.map(({ entity, at, changes }) => ({
    Type: entity,
    Time: new Date(at).toISOString(),
    Changes: changes.map(({ kind, subject, from, to }) => ({ Kind: kind, Subject: subject, From: from, To: to })),
  }));
}
