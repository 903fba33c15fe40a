import { type BellKey, feedBell, type Ring } from '../../control/model.ts';
import { type Notification, parseNotification, type Unprocessable } from '../../dataverse/notification.ts';
import type { Reach } from '../../dataverse/reach.ts';
import { insist, ringBells } from '../bells.ts';
import { hourFolder, UNKNOWN_FAILURES_CONTAINER, UNPROCESSABLE_FOLDER } from '../failures/folders.ts';
import type { ExportPorts } from '../ports.ts';

/** What became of a batch of notifications. */
export interface Rung {
  readonly rung: number;
  /** Of organizations that are not served here: they ring nothing. */
  readonly unknownOrganization: number;
  readonly unprocessable: number;
}

/**
 * Rings the feeds that a batch of notifications reaches, each once. One bad notification never holds back its neighbours:
 * it is kept as a blob with the reason. Rejects only when one of our own services stays away: the sweep replaces what it missed.
 */
export async function ringFeeds(
  ports: ExportPorts,
  reachOf: (organizationId: string) => Promise<Reach>,
  bodies: readonly unknown[],
): Promise<Rung> {
  const read = bodies.map((body) => ({ body, notification: parseNotification(body) }));
  const unprocessable = read.filter(isUnprocessable);
  const notifications = read.flatMap(({ notification }) => ('reason' in notification ? [] : [notification]));
  const known = notifications.filter(({ organizationId }) => ports.organizations.has(organizationId));
  await ringBells(ports, await insist(ports, () => ringsOf(reachOf, known)));
  await insist(ports, () =>
    Promise.all(unprocessable.map((message) => keep(ports, message.body, message.notification.reason))),
  );
  const rung = {
    rung: known.length,
    unknownOrganization: notifications.length - known.length,
    unprocessable: unprocessable.length,
  };
  await count(ports, rung);
  return rung;
}

/** One ring per feed, with the oldest notification that reaches it. */
async function ringsOf(
  reachOf: (organizationId: string) => Promise<Reach>,
  notifications: readonly Notification[],
): Promise<Ring[]> {
  const oldest = new Map<BellKey, number | null>();
  for (const notification of notifications) {
    const { organizationId, operationCreatedOn } = notification;
    const reach = await reachOf(organizationId);
    for (const entity of reach(notification)) {
      const key = feedBell({ organizationId, entity });
      oldest.set(key, older(oldest.get(key), operationCreatedOn));
    }
  }
  return [...oldest].map(([key, notifiedAt]) => ({ key, notifiedAt }));
}

function older(known: number | null | undefined, other: number | null): number | null {
  return known == null || other === null ? (known ?? other) : Math.min(known, other);
}

interface UnprocessableMessage {
  readonly body: unknown;
  readonly notification: Unprocessable;
}

function isUnprocessable(read: {
  body: unknown;
  notification: Notification | Unprocessable;
}): read is UnprocessableMessage {
  return 'reason' in read.notification;
}

async function keep(ports: ExportPorts, body: unknown, reason: string): Promise<void> {
  const now = ports.clock.now();
  const name = `${UNPROCESSABLE_FOLDER}/${hourFolder(now)}/${ports.newId()}.json`;
  const content = JSON.stringify({ receivedAt: new Date(now).toISOString(), reason, body: textOf(body) }, null, 2);
  await ports.blobs.put(UNKNOWN_FAILURES_CONTAINER, name, Buffer.from(content), 'application/json');
  ports.log.write('warn', 'notification unprocessable', { reason, blob: name });
}

/** A host hands over JSON-looking bodies parsed, others as text or bytes; what is kept must show what came. */
function textOf(body: unknown): unknown {
  return body instanceof Uint8Array ? Buffer.from(body).toString() : (body ?? null);
}

async function count(ports: ExportPorts, { unknownOrganization, unprocessable }: Rung): Promise<void> {
  const { organizations } = ports.control;
  if (unknownOrganization > 0) await organizations.count('notifications.unknownOrganization', unknownOrganization);
  if (unprocessable > 0) await organizations.count('notifications.unprocessable', unprocessable);
}
