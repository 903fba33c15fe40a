import type { FeedKey } from '../../control/model.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { makeReach, type Reach } from '../../dataverse/reach.ts';
import type { ExportPorts } from '../ports.ts';

/** A new feed or relationship is known to the bells after this; until then only the sweep reaches it. */
const FRESH_MS = 5_000;

/** What a notification reaches, per organization, learned from the definitions of its feeds and kept for a few seconds. */
export function makeReaches(ports: Pick<ExportPorts, 'control' | 'clock'>): (organizationId: string) => Promise<Reach> {
  const known = new Map<string, { until: number; reach: Promise<Reach> }>();
  const definitions = new Map<string, EntityMetadata>();

  async function learn(organizationId: string): Promise<Reach> {
    const feeds = await ports.control.feeds.of(organizationId);
    const entities = await Promise.all(feeds.map((feed) => definitionOf(feed, feed.shape)));
    return makeReach(entities.filter((entity) => entity !== null));
  }

  async function definitionOf(feed: FeedKey, shape: string): Promise<EntityMetadata | null> {
    const cached = definitions.get(shape);
    if (cached) return cached;
    const entity = await ports.control.feeds.metadata(
      { organizationId: feed.organizationId, entity: feed.entity },
      shape,
    );
    if (entity) definitions.set(shape, entity);
    return entity;
  }

  return (organizationId) => {
    const now = ports.clock.now();
    const cached = known.get(organizationId);
    if (cached && cached.until > now) return cached.reach;
    const reach = learn(organizationId);
    known.set(organizationId, { until: now + FRESH_MS, reach });
    reach.catch(() => known.delete(organizationId));
    return reach;
  };
}
