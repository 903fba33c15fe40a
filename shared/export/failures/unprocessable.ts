import type { ExportPorts } from '../ports.ts';
import { failuresContainer, hourFolder, UNKNOWN_FAILURES_CONTAINER, UNPROCESSABLE_FOLDER } from './folders.ts';

/** A notification that no feed can take. */
export interface UnprocessableMessage {
  readonly body: unknown;
  readonly reason: string;
  readonly organizationId?: string;
  /** Logical name. */
  readonly entity?: string;
}

/**
 * Keeps a message with the reason, for each active profile that it concerns: those that export its entity, or all of its
 * organization when it names none. One that concerns nobody is kept apart, for no URL is given for that container.
 */
export async function keepUnprocessable(ports: ExportPorts, message: UnprocessableMessage): Promise<void> {
  const { body, reason } = message;
  const now = ports.clock.now();
  const name = `${UNPROCESSABLE_FOLDER}/${hourFolder(now)}/${ports.newId()}.json`;
  const content = JSON.stringify({ receivedAt: new Date(now).toISOString(), reason, body: textOf(body) }, null, 2);
  const containers = await containersOf(ports, message);
  for (const container of containers) await ports.blobs.put(container, name, Buffer.from(content), 'application/json');
  ports.log.write('warn', 'notification unprocessable', { reason, blob: name, containers: containers.join(', ') });
}

async function containersOf(
  ports: ExportPorts,
  { organizationId = '', entity }: UnprocessableMessage,
): Promise<string[]> {
  const profiles = ports.organizations.has(organizationId) ? await ports.control.profiles.list([organizationId]) : [];
  const concerned = profiles.filter(
    ({ state, settings }) =>
      state === 'active' && (entity === undefined || settings.entities.some((one) => one.entity === entity)),
  );
  return concerned.length > 0 ? concerned.map(({ id }) => failuresContainer(id)) : [UNKNOWN_FAILURES_CONTAINER];
}

/** A host hands over JSON-looking bodies parsed, others as text or bytes; what is kept must show what came. */
function textOf(body: unknown): unknown {
  return body instanceof Uint8Array ? Buffer.from(body).toString() : (body ?? null);
}
