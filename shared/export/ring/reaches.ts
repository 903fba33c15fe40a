import { makeReach, type Reach } from '../../dataverse/reach.ts';
import type { ExportPorts } from '../ports.ts';

/** A new feed or relationship is known to the bells after this; until then only the sweep reaches it. */
const FRESH_MS = 5_000;

/** What is known of an organization when its notifications arrive. */
export interface Known {
  readonly reach: Reach;
  /** Entities with a feed that the organization does not know any more. */
  readonly gone: ReadonlySet<string>;
}

/** What notifications reach, per organization, learned from its feeds and their definitions and kept for a few seconds. */
export function makeReaches(
  ports: Pick<ExportPorts, 'control' | 'clock' | 'definitions'>,
): (organizationId: string) => Promise<Known> {
  const known = new Map<string, { until: number; answer: Promise<Known> }>();

  async function learn(organizationId: string): Promise<Known> {
    const feeds = await ports.control.feeds.of(organizationId);
    const entities = await Promise.all(feeds.map((feed) => ports.definitions.find(feed, feed.shape)));
    const gone = feeds.filter(({ trouble }) => trouble?.code === 'ENTITY_NOT_FOUND').map(({ entity }) => entity);
    return { reach: makeReach(entities.filter((entity) => entity !== null)), gone: new Set(gone) };
  }

  return (organizationId) => {
    const now = ports.clock.now();
    const cached = known.get(organizationId);
    if (cached && cached.until > now) return cached.answer;
    const answer = learn(organizationId);
    known.set(organizationId, { until: now + FRESH_MS, answer });
    answer.catch(() => known.delete(organizationId));
    return answer;
  };
}
