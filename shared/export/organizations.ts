import type { EntitySummary, ManyToMany } from '../dataverse/metadata.ts';
import { FreshetError, isFreshetError } from '../errors/error.ts';
import type { ExportPorts, Organization } from './ports.ts';
import type { Administered } from './profiles/profiles.ts';

/** How callers name an organization; letter case and a slash at the end of the address do not count. */
export interface OrganizationName {
  readonly id?: string | undefined;
  readonly url?: string | undefined;
}

/**
 * The organization of that name among those that the caller administers; without a name the only one. NOT_ADMINISTRATOR for
 * any other, whether it is served here or not; ORGANIZATION_NOT_NAMED when several could be meant.
 */
export function administeredOrganization(
  ports: ExportPorts,
  administered: Administered,
  { id, url }: OrganizationName,
): Organization {
  const own = administered.flatMap((one) => ports.organizations.get(one) ?? []);
  const named = own.filter(
    (one) => (!id || one.id === id.toLowerCase()) && (!url || originOf(one.url) === originOf(url)),
  );
  const [found, ...others] = named;
  if (!found) throw new FreshetError('NOT_ADMINISTRATOR');
  if (others.length > 0) throw new FreshetError('ORGANIZATION_NOT_NAMED');
  return found;
}

/** Clients send addresses with and without a scheme's letter case, path and slash; null for what is no address. */
function originOf(url: string): string | null {
  return URL.parse(url.trim())?.origin ?? null;
}

/** An organization as discovery shows it; one that does not answer says so in `ErrorMessage` instead of failing the list. */
export async function organizationJson(ports: ExportPorts, organization: Organization, connectorUrl: string) {
  const json = {
    OrganizationName: new URL(organization.url).hostname.split('.')[0] ?? '',
    OrganizationUrl: organization.url,
    OrganizationId: organization.id,
    ConnectorUrl: connectorUrl,
  };
  try {
    const { name } = await ports.sourceOf(organization.id).identity();
    return { ...json, OrganizationName: name ?? json.OrganizationName, ErrorCategory: 0, ErrorCode: 0 };
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    return { ...json, ErrorCategory: 1, ErrorCode: 1, ErrorMessage: `${error.code}: ${error.message}` };
  }
}

/** The entities that a profile may name, by name; with `all` also the others, and why not. Rejects as `Source` does. */
export async function exportableEntities(ports: ExportPorts, organizationId: string, all: boolean) {
  const catalog = await ports.sourceOf(organizationId).catalog();
  return catalog
    .filter(({ isIntersect }) => !isIntersect)
    .map((entity) => {
      const reason = whyNotExported(entity);
      return {
        LogicalName: entity.logicalName,
        DisplayName: entity.displayName,
        Description: entity.description,
        IsActivity: entity.isActivity,
        IsDisabled: reason !== null,
        ReasonIfDisabled: reason,
      };
    })
    .filter(({ IsDisabled }) => all || !IsDisabled)
    .toSorted(by('LogicalName'));
}

/** The many-to-many relationships in which an exportable entity takes part, by name. Rejects as `Source` does. */
export async function exportableRelationships(ports: ExportPorts, organizationId: string) {
  const catalog = await ports.sourceOf(organizationId).catalog();
  const entities = new Map(catalog.map((entity) => [entity.logicalName, entity]));
  const isExported = (name: string) => {
    const entity = entities.get(name);
    return entity !== undefined && whyNotExported(entity) === null;
  };
  const relationships = new Map(catalog.flatMap(({ manyToMany }) => manyToMany).map((one) => [one.schemaName, one]));
  return [...relationships.values()]
    .filter(({ entity1, entity2 }) => isExported(entity1) || isExported(entity2))
    .map((relationship) => relationshipJson(relationship, entities.get(relationship.intersectEntity)))
    .toSorted(by('SchemaName'));
}

function relationshipJson(relationship: ManyToMany, intersect: EntitySummary | undefined) {
  const { schemaName, intersectEntity, entity1, entity2 } = relationship;
  return {
    Name: `${entity1}-${entity2}`,
    Entity1LogicalName: entity1,
    Entity2LogicalName: entity2,
    IsIntersect: true,
    IntersectLogicalName: intersectEntity,
    SchemaName: schemaName,
    Description: intersect && !intersect.changeTracking ? READ_WHOLE : null,
  };
}

/** What an intersect entity without change tracking says of itself. */
export const READ_WHOLE = 'It does not track changes, so it is read as a whole by schedule.';
export const ACTIVITY_POINTER = 'activitypointer';

/** Why no profile may name the entity; null when it may. */
export function whyNotExported(
  entity: Pick<EntitySummary, 'logicalName' | 'isIntersect' | 'changeTracking'>,
): string | null {
  if (entity.logicalName === ACTIVITY_POINTER) return 'Choose phonecall, appointment, email, task and so on instead';
  return entity.changeTracking || entity.isIntersect ? null : 'Change Tracking is Disabled';
}

function by<Key extends string>(key: Key) {
  return (a: Readonly<Record<Key, string>>, b: Readonly<Record<Key, string>>) => (a[key] < b[key] ? -1 : 1);
}
