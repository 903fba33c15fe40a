import type { EntityMetadata } from './metadata.ts';
import { linksRecords, type Notification } from './notification.ts';

/** What must be known of an entity to say which others a change of it reaches. */
export type Reachable = Pick<
  EntityMetadata,
  'logicalName' | 'isActivity' | 'isIntersect' | 'manyToMany' | 'manyToOne' | 'oneToMany'
>;

/** The rows of an activity's senders and recipients: written along with it, and notified of by nothing else. */
const PARTIES = 'activityparty';

/** The entities whose bells a notification rings: each once, the exported and the others. */
export type Reach = (notification: Notification) => readonly string[];

/**
 * Learns the relationships of an organization's known entities. Relationships of entities that are not known cannot be
 * followed: what a cascade reaches behind them is found by the sweep.
 */
export function makeReach(known: Iterable<Reachable>): Reach {
  const entities = new Map([...known].map((entity) => [entity.logicalName, entity]));
  const linkedBy = entitiesByRelationship(entities.values());
  const intersects = new Set([
    ...[...entities.values()].filter(({ isIntersect }) => isIntersect).map(({ logicalName }) => logicalName),
    ...[...entities.values()].flatMap(({ manyToMany }) => manyToMany.map(({ intersectEntity }) => intersectEntity)),
  ]);
  const deletions = new Map<string, readonly string[]>();

  return ({ message, entity, relationship }) => {
    // A cut body names no relationship: any of the intersect entities may have changed.
    if (linksRecords(message))
      return relationship ? [...(linkedBy.get(relationship.toLowerCase()) ?? [])] : [...intersects];
    const parties = entities.get(entity)?.isActivity ? [PARTIES] : [];
    // What went with a record comes back with it, and nobody says whether it is notified of.
    if (message !== 'Delete' && message !== 'Restore') return [entity, ...parties];
    const reached = deletions.get(entity) ?? reachedByDelete(entity, entities);
    deletions.set(entity, reached);
    return reached;
  };
}

/**
 * A delete removes the links of the record, and from its children the rows or the lookup. Only the rows removed have
 * links and children in turn.
 */
function reachedByDelete(deleted: string, entities: ReadonlyMap<string, Reachable>): readonly string[] {
  const reached = new Set([deleted]);
  const removed = [deleted];
  const seen = new Set(removed);
  for (const name of removed) {
    const entity = entities.get(name);
    if (entity?.isActivity) reached.add(PARTIES);
    for (const { intersectEntity } of entity?.manyToMany ?? []) reached.add(intersectEntity);
    for (const { referencingEntity, onDelete } of entity?.oneToMany ?? []) {
      if (onDelete === 'NoCascade' || onDelete === 'Restrict') continue;
      reached.add(referencingEntity);
      if (onDelete === 'RemoveLink' || seen.has(referencingEntity)) continue;
      seen.add(referencingEntity);
      removed.push(referencingEntity);
    }
  }
  return [...reached];
}

/** By lower-case schema name: the intersect entity, or for one-to-many the entity that has the lookup. */
function entitiesByRelationship(entities: Iterable<Reachable>): ReadonlyMap<string, ReadonlySet<string>> {
  const links = [...entities].flatMap(({ logicalName, manyToMany, manyToOne, oneToMany }) => [
    ...manyToMany.map(({ schemaName, intersectEntity }) => [schemaName, intersectEntity] as const),
    ...manyToOne.map(({ schemaName }) => [schemaName, logicalName] as const),
    ...oneToMany.map(({ schemaName, referencingEntity }) => [schemaName, referencingEntity] as const),
  ]);
  const byName = new Map<string, Set<string>>();
  for (const [schemaName, entity] of links) {
    const name = schemaName.toLowerCase();
    byName.set(name, (byName.get(name) ?? new Set()).add(entity));
  }
  return byName;
}
