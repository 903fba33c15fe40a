import type { Profile } from '../../control/model.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { NOWHERE } from '../../destination/accounting.ts';
import type { PermissionCheck, Position } from '../../destination/model.ts';
import type { Destination } from '../../destination/port.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { READ_WHOLE } from '../organizations.ts';
import type { ExportPorts } from '../ports.ts';
import { sideBySide } from '../side-by-side.ts';
import { adviceFinding, errorFinding, type Finding, findingsText, found } from './findings.ts';
import { changesOfOrigin } from './origin.ts';
import { othersPositions, profilesOf, takenBy } from './others.ts';
import { adopts } from './profile-body.ts';

/** What a check of a profile came to. */
export interface Validation {
  readonly findings: readonly Finding[];
  /** Empty when the database could not be asked. */
  readonly permissions: readonly PermissionCheck[];
}

export interface ValidationOptions {
  /**
   * Whose trouble that passes by itself is thrown, for another attempt, instead of being a finding. A caller who waits wants to
   * know of a destination or vault that cannot be reached, for the address may be wrong; durable steps come again.
   */
  readonly patience?: 'none' | 'organization' | 'all';
  /** The destination cannot be asked with the fields as they are. */
  readonly skip?: 'destination';
}

/** Dataverse refuses callers who make more than 52 requests at once (reference: dataverse.md, section 2.4). */
const DEFINITIONS_AT_ONCE = 8;
const DESTINATION = 'DestinationKeyVaultUri';

/** Checks organization, entities and destination, as they are now, and names everything found at once. Writes nothing. */
export async function validate(
  ports: ExportPorts,
  profile: Profile,
  { patience = 'organization', skip }: ValidationOptions = {},
): Promise<Validation> {
  const definitions = new Map<string, EntityMetadata>();
  const source = await sourceFindings(ports, profile, definitions, patience !== 'none');
  if (skip === 'destination') return { findings: source, permissions: [] };
  const permissions: PermissionCheck[] = [];
  const destination = await found(DESTINATION, patience === 'all', () =>
    ports.destinations.visit(profile, (open) => destinationFindings(ports, profile, open, definitions, permissions)),
  );
  return { findings: [...source, ...destination], permissions };
}

/** The same for whoever must not go on: ACTIVATION_REFUSED names all errors. */
export async function mustValidate(ports: ExportPorts, profile: Profile, options?: ValidationOptions): Promise<void> {
  const details = findingsText((await validate(ports, profile, options)).findings);
  if (details !== '') throw new FreshetError('ACTIVATION_REFUSED', { details });
}

async function sourceFindings(
  ports: ExportPorts,
  profile: Profile,
  definitions: Map<string, EntityMetadata>,
  patient: boolean,
): Promise<Finding[]> {
  const { organizationId, entities } = profile.settings;
  if (!ports.organizations.has(organizationId))
    return [errorFinding(new FreshetError('ORGANIZATION_UNKNOWN', { organizationId }), 'OrganizationId')];
  const organization = await found('OrganizationId', patient, () => organizationFindings(ports, profile));
  if (organization.length > 0) return organization;
  const now = await ports.definitions.now(organizationId);
  const each: Finding[][] = [];
  await sideBySide([...entities.entries()], DEFINITIONS_AT_ONCE, async ([index, { entity }]) => {
    const field = `Entities[${index}].Type`;
    each[index] = await found(field, patient, async () => {
      const definition = await now.of(entity);
      definitions.set(entity, definition);
      return entityFindings(profile, definition, field);
    });
  });
  return each.flat();
}

async function organizationFindings(ports: ExportPorts, { id, settings, origin }: Profile): Promise<Finding[]> {
  const now = await ports.sourceOf(settings.organizationId).identity();
  const expected = origin ?? { ...now, organizationId: settings.organizationId };
  const reason = changesOfOrigin(expected, now);
  if (reason === null) return [];
  return [errorFinding(new FreshetError('ORGANIZATION_REPLACED', { reason, profileId: id }), 'OrganizationId')];
}

function entityFindings({ settings }: Profile, definition: EntityMetadata, field: string): Finding[] {
  const { logicalName: entity, isIntersect, changeTracking, manyToMany } = definition;
  if (!isIntersect) {
    return changeTracking ? [] : [errorFinding(new FreshetError('ENTITY_NOT_TRACKED', { entity }), field)];
  }
  const related = manyToMany
    .filter(({ intersectEntity }) => intersectEntity === entity)
    .flatMap(({ entity1, entity2 }) => [entity1, entity2]);
  const alone = related.length > 0 && !settings.entities.some((chosen) => related.includes(chosen.entity));
  const entities = [...new Set(related)].join(' and ');
  return [
    ...(alone ? [errorFinding(new FreshetError('RELATIONSHIP_ALONE', { entity, entities }), field)] : []),
    ...(changeTracking
      ? []
      : [
          adviceFinding('READ_WHOLE', field, `${entity}: ${READ_WHOLE}`, 'Nothing: changes arrive with the next read.'),
        ]),
  ];
}

async function destinationFindings(
  ports: ExportPorts,
  profile: Profile,
  destination: Destination,
  definitions: ReadonlyMap<string, EntityMetadata>,
  permissions: PermissionCheck[],
): Promise<Finding[]> {
  const { entities, writeDeleteLog: deleteLog } = profile.settings;
  const names = entities.map(({ entity }) => entity);
  const examined = await destination.examine(names, { deleteLog });
  permissions.push(...examined.permissions);
  const missing = examined.permissions.flatMap(permissionFinding);
  const tables = await tableFindings(ports, profile, destination, definitions).catch((error: unknown) => {
    // The permissions that are missing say it better.
    if (missing.length > 0 && isFreshetError(error, 'DESTINATION_FORBIDDEN')) return [];
    throw error;
  });
  return [
    ...missing,
    ...(examined.readOnly ? [errorFinding(new FreshetError('DESTINATION_READ_ONLY'), DESTINATION)] : []),
    ...examined.foreign.map((table) => errorFinding(new FreshetError('TABLE_FOREIGN', { table }), DESTINATION)),
    ...examined.advice.map((text) =>
      adviceFinding('DESTINATION_ADVICE', DESTINATION, text, 'Nothing has to be done; it would work better.'),
    ),
    ...tables,
  ];
}

function permissionFinding({ code, name, scope, state, reason, remedy }: PermissionCheck): Finding[] {
  if (state !== 'missing') return [];
  const values = { code, name, scope, reason, statement: remedy ?? 'grant it' };
  return [errorFinding(new FreshetError('PERMISSION_MISSING', values), DESTINATION)];
}

/** Clashes with tables that stand, or belong to another profile. */
async function tableFindings(
  ports: ExportPorts,
  profile: Profile,
  destination: Destination,
  definitions: ReadonlyMap<string, EntityMetadata>,
): Promise<Finding[]> {
  const positions = (await destination.positions()) ?? [];
  const { known, unknown } = await othersPositions(ports, profile.id, positions);
  const findings = [
    ...known.slice(0, 1).map((one) => errorFinding(takenBy(one), DESTINATION)),
    ...leftFindings(unknown, ports.clock.now()),
  ];
  const own = await ownEntities(ports, profile, positions);
  const others = profile.settings.entities.map(({ entity }) => entity).filter((entity) => !own.has(entity));
  const standing = await destination.existingTables(others);
  for (const [index, { entity, settings }] of profile.settings.entities.entries()) {
    if (!standing.includes(entity)) continue;
    const field = `Entities[${index}].Type`;
    const definition = definitions.get(entity);
    if (!adopts(settings)) {
      findings.push(errorFinding(new FreshetError('TABLE_STANDS', { entity, profileId: profile.id }), field));
    } else if (definition) {
      const reason = await destination.misfit(definition);
      if (reason !== null) findings.push(errorFinding(new FreshetError('TABLE_UNFIT', { entity, reason }), field));
    }
  }
  return findings;
}

/** Such tables merely stand; but should their former owner live in another installation, the activation ends that, and somebody has to know. */
function leftFindings(unknown: readonly Position[], now: number): Finding[] {
  if (unknown.length === 0) return [];
  const entities = unknown.map(({ entity }) => entity).join(', ');
  const owners = profilesOf(unknown).join(', ');
  const last = Math.min(now, Math.max(0, ...unknown.map(({ stamp }) => stamp)));
  const until = new Date(last).toISOString();
  const text = `The tables for ${entities} were filled until ${until} by a profile that this installation does not know (${owners}).`;
  const remedy =
    'Nothing if it was deleted: the activation takes its place. If it lives in another installation, choose another prefix or schema.';
  return [adviceFinding('TABLES_LEFT', DESTINATION, text, remedy)];
}

/** Entities whose tables are the profile's, should they stand. */
async function ownEntities(
  ports: ExportPorts,
  { id, state }: Profile,
  positions: readonly Position[],
): Promise<ReadonlySet<string>> {
  const subscriptions = await ports.control.profiles.subscriptions(id);
  // A subscription was checked when it was made; a crash may have left its table without a position. While a profile is
  // active, a position without subscription is what a removed entity left.
  const placed =
    state === 'active' ? [] : positions.filter(({ profileId, page }) => profileId === id && page !== NOWHERE);
  const own = new Set([...subscriptions, ...placed].map(({ entity }) => entity));
  // Another profile took them over.
  for (const { entity, profileId } of positions) if (profileId !== id) own.delete(entity);
  return own;
}
