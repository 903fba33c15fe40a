import { type BellKey, feedBell, type Ring } from '../../control/model.ts';
import { type Notification, parseNotification, type Unprocessable } from '../../dataverse/notification.ts';
import { insist, ringBells } from '../bells.ts';
import { keepUnprocessable, type UnprocessableMessage } from '../failures/unprocessable.ts';
import type { ExportPorts } from '../ports.ts';
import type { Known } from './reaches.ts';

type KnownOf = (organizationId: string) => Promise<Known>;

interface Message<Content> {
  readonly body: unknown;
  readonly notification: Content;
}

/** What became of a batch of notifications. */
export interface Rung {
  readonly rung: number;
  /** Of organizations that are not served here: they ring nothing. */
  readonly unknownOrganization: number;
  readonly unprocessable: number;
}

/**
 * Rings the feeds that a batch of notifications reaches, each once. One bad notification never holds back its neighbours:
 * it is kept as a blob with the reason, as is one of an entity that is no more. Rejects only when one of our own services stays away: the sweep replaces what it missed.
 */
export async function ringFeeds(ports: ExportPorts, knownOf: KnownOf, bodies: readonly unknown[]): Promise<Rung> {
  const read = bodies.map((body) => ({ body, notification: parseNotification(body) }));
  const notifications = read.filter(isNotification);
  const served = notifications.filter(({ notification }) => ports.organizations.has(notification.organizationId));
  const rings = await insist(ports, () =>
    ringsOf(
      knownOf,
      served.map(({ notification }) => notification),
    ),
  );
  await ringBells(ports, rings);
  const unprocessable = [
    ...read.flatMap(({ body, notification }) => ('reason' in notification ? [{ body, ...notification }] : [])),
    ...(await insist(ports, () => ofGoneEntities(knownOf, served))),
  ];
  for (const message of unprocessable) await insist(ports, () => keepUnprocessable(ports, message));
  const rung = {
    rung: served.length,
    unknownOrganization: notifications.length - served.length,
    unprocessable: unprocessable.length,
  };
  await count(ports, rung);
  return rung;
}

/** One ring per feed, with the oldest notification that reaches it. */
async function ringsOf(knownOf: KnownOf, notifications: readonly Notification[]): Promise<Ring[]> {
  const oldest = new Map<BellKey, number | null>();
  for (const notification of notifications) {
    const { organizationId, operationCreatedOn } = notification;
    const { reach } = await knownOf(organizationId);
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

/** Their feeds are rung all the same: the entity may be there again. */
async function ofGoneEntities(
  knownOf: KnownOf,
  messages: readonly Message<Notification>[],
): Promise<UnprocessableMessage[]> {
  const gone: UnprocessableMessage[] = [];
  for (const { body, notification } of messages) {
    const { organizationId, entity } = notification;
    const known = await knownOf(organizationId);
    if (!known.gone.has(entity)) continue;
    gone.push({ body, reason: `the organization has no entity ${entity} any more`, organizationId, entity });
  }
  return gone;
}

function isNotification(message: Message<Notification | Unprocessable>): message is Message<Notification> {
  return !('reason' in message.notification);
}

async function count(ports: ExportPorts, { unknownOrganization, unprocessable }: Rung): Promise<void> {
  const { organizations } = ports.control;
  if (unknownOrganization > 0) await organizations.count('notifications.unknownOrganization', unknownOrganization);
  if (unprocessable > 0) await organizations.count('notifications.unprocessable', unprocessable);
}
