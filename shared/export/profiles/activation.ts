import type { FeedKey, Profile } from '../../control/model.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { shapeOf } from '../../dataverse/shape.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { isOwnService, ringFeedsOf } from '../bells.ts';
import type { ExportPorts } from '../ports.ts';
import { initialSyncState } from './profile-json.ts';
import { ringProfile } from './profiles.ts';
import { registerActive } from './registering.ts';

/** A wish to activate a profile, as the orchestration carries it: valid while the profile still carries its intent. */
export interface Activation {
  readonly profileId: string;
  readonly intent: string;
}

/**
 * Checks as `validateActivation` for a caller who waits, and makes the wish the profile's own: from then on it is durable
 * steps. Null: somebody else wished something meanwhile, and that stands.
 */
export async function requestActivation(ports: ExportPorts, profile: Profile): Promise<Activation | null> {
  await validateActivation(ports, profile);
  const intent = ports.newId();
  const change = { intent, trouble: null, modifiedAt: ports.clock.now() };
  const stands = await ports.control.profiles.update(profile.id, change, { intent: profile.intent });
  return stands ? { profileId: profile.id, intent } : null;
}

/**
 * The steps of an activation, in their order; each can run twice. A profile that was deleted, deactivated or activated anew
 * meanwhile ends them. functions/activate-profile.ts strings them together durably; rows never pass through it. Registering
 * comes after joining: it serves what active profiles export, and a notification before would ring no feed.
 */
export const ACTIVATION_STEPS = ['validate', 'tables', 'join', 'register', 'start'] as const;
export type ActivationStep = (typeof ACTIVATION_STEPS)[number];

export type StepOutcome =
  | { readonly outcome: 'done' }
  /** A later wish stands: the activation ends without a word. */
  | { readonly outcome: 'superseded' }
  /** A person is needed: the activation ends, and the profile says why. */
  | { readonly outcome: 'failed'; readonly code: string; readonly text: string };

/** Runs one step. Rejects with trouble that passes by itself, for another attempt; the profile shows it meanwhile. */
export async function runActivationStep(
  ports: ExportPorts,
  activation: Activation,
  step: ActivationStep,
): Promise<StepOutcome> {
  const profile = await ports.control.profiles.get(activation.profileId);
  if (profile?.intent !== activation.intent) return { outcome: 'superseded' };
  try {
    await STEPS[step](ports, profile);
    return { outcome: 'done' };
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    const failed = { code: error.code, text: error.message };
    if (!(await noteFailure(ports, activation, failed))) return { outcome: 'superseded' };
    if (error.class === 'retry') throw error;
    return { outcome: 'failed', ...failed };
  }
}

/** Keeps why an activation does not go on, for the profile's status. False: a later wish stands, and it matters to nobody. */
async function noteFailure(
  ports: ExportPorts,
  { profileId, intent }: Activation,
  failed: { code: string; text: string },
): Promise<boolean> {
  const trouble = { ...failed, since: ports.clock.now() };
  const stands = await ports.control.profiles.update(profileId, { trouble }, { intent });
  if (stands) {
    ports.log.write('error', 'activation step failed', { profileId, code: failed.code, reason: failed.text });
  }
  return stands;
}

/** None says whether a later wish kept it from its change: the look before the next step does. */
const STEPS: Record<ActivationStep, (ports: ExportPorts, profile: Profile) => Promise<void>> = {
  validate: (ports, profile) => validateActivation(ports, profile, { patient: true }),
  tables: makeTables,
  join: joinFeeds,
  register: async (ports, profile) => registerActive(ports, profile.settings.organizationId),
  start: async (ports, { id, intent }) => {
    await ports.control.profiles.update(id, { trouble: null }, { intent });
    await ringProfile(ports, id);
    await ringFeedsOf(ports, id);
  },
};

/**
 * Checks organization, entities and destination; ACTIVATION_REFUSED names everything found at once. Writes nothing. For a caller
 * who waits, a destination or vault that cannot be reached is a finding (the address may be wrong); for a `patient` one,
 * as for the organization always, it is trouble that passes and is thrown.
 */
export async function validateActivation(
  ports: ExportPorts,
  profile: Profile,
  { patient = false } = {},
): Promise<void> {
  const findings = [...(await sourceFindings(ports, profile)), ...(await destinationFindings(ports, profile, patient))];
  if (findings.length > 0) throw new FreshetError('ACTIVATION_REFUSED', { details: findings.join('; ') });
}

async function sourceFindings(ports: ExportPorts, { settings }: Profile): Promise<string[]> {
  const { organizationId, entities } = settings;
  const organization = ports.organizations.get(organizationId);
  if (!organization) return [`OrganizationId: ${organizationId} is not served here any more`];
  const source = ports.sourceOf(organizationId);
  const identity = await finding(async () => {
    const answered = await source.identity();
    return answered.organizationId === organizationId
      ? null
      : `the organization at ${organization.url} is ${answered.organizationId}`;
  });
  if (identity !== null) return [`OrganizationId: ${identity}`];
  const found = await Promise.all(
    entities.map(({ entity }, index) =>
      finding(async () => entityFinding(await source.metadata(entity)), `Entities[${index}].Type`),
    ),
  );
  return found.filter((text) => text !== null);
}

function entityFinding(entity: EntityMetadata): string | null {
  // The links of a relationship may be read as a whole instead, by schedule.
  return entity.changeTracking || entity.isIntersect
    ? null
    : `${entity.logicalName} does not track changes: switch change tracking on`;
}

async function destinationFindings(ports: ExportPorts, profile: Profile, patient: boolean): Promise<string[]> {
  // The secret may have been corrected since it was read.
  if (profile.state !== 'active') await ports.destinations.forget(profile.id);
  const found = await finding(
    async () => {
      const destination = await ports.destinations.of(profile);
      const positions = (await destination.positions()) ?? [];
      const foreign = positions.find(({ profileId }) => profileId !== profile.id);
      if (foreign)
        return new FreshetError('DESTINATION_TABLES_TAKEN', { entity: foreign.entity, profileId: foreign.profileId })
          .message;
      const subscriptions = await ports.control.profiles.subscriptions(profile.id);
      // A subscription was checked when it was made; a crash may have left its table without a position.
      const own = new Set([...positions, ...subscriptions].map(({ entity }) => entity));
      const others = profile.settings.entities.map(({ entity }) => entity).filter((entity) => !own.has(entity));
      const existing = await destination.existingTables(others);
      if (existing.length === 0) return null;
      return `tables exist already for ${existing.join(', ')}: drop them, or choose another prefix or schema`;
    },
    'DestinationKeyVaultUri',
    patient,
  );
  return found === null ? [] : [found];
}

/** The text of what a check found, or of the error that it ran into. What passes by itself or is our own fault is thrown. */
async function finding(check: () => Promise<string | null>, field?: string, patient = true): Promise<string | null> {
  const label = (text: string | null) => (text === null || field === undefined ? text : `${field}: ${text}`);
  try {
    return label(await check());
  } catch (error) {
    if (!isFreshetError(error) || isOwnService(error) || error.class === 'bug') throw error;
    if (patient && error.class === 'retry') throw error;
    return label(error.message);
  }
}

/** The destination's own tables; entity tables are made when their position is placed. */
async function makeTables(ports: ExportPorts, profile: Profile): Promise<void> {
  const destination = await ports.destinations.of(profile);
  await destination.prepare({ deleteLog: profile.settings.writeDeleteLog });
}

/** From here on the feeds are read for the profile; applying finds no position yet and asks for the snapshots. */
async function joinFeeds(ports: ExportPorts, { id, intent, settings }: Profile): Promise<void> {
  const { organizationId, entities } = settings;
  for (const { entity } of entities) {
    const key = { organizationId, entity };
    await ports.control.profiles.subscribe(id, key, await knownShape(ports, key));
    await keepDefinition(ports, key);
  }
  const change = { state: 'active', trouble: null, breaker: null, activatedAt: ports.clock.now() } as const;
  await ports.control.profiles.update(id, change, { intent });
}

/** The shape under which the feed is read already, or that of the definition now. */
async function knownShape(ports: ExportPorts, key: FeedKey): Promise<string> {
  const feed = await ports.control.feeds.get(key);
  if (feed) return feed.shape;
  const entity = await ports.sourceOf(key.organizationId).metadata(key.entity);
  const shape = shapeOf(entity);
  await ports.control.feeds.saveMetadata(key, shape, entity);
  return shape;
}

/**
 * The last other subscriber may have left since the shape was looked up, and have taken feed and definitions along: then the
 * shape that names the new feed's gets today's. From the subscription on nobody forgets it.
 */
async function keepDefinition(ports: ExportPorts, key: FeedKey): Promise<void> {
  const feed = await ports.control.feeds.get(key);
  if (feed === null || (await ports.control.feeds.metadata(key, feed.shape)) !== null) return;
  const entity = await ports.sourceOf(key.organizationId).metadata(key.entity);
  await ports.control.feeds.saveMetadata(key, feed.shape, entity);
}

export interface SyncProgress {
  readonly outcome: 'under way' | 'done' | 'superseded';
  /** Entities whose initial synchronization is complete, of all. */
  readonly done: number;
  readonly of: number;
}

/** How far the initial synchronization is: for the orchestration that watches it. */
export async function initialSyncProgress(
  ports: ExportPorts,
  { profileId, intent }: Activation,
): Promise<SyncProgress> {
  const profile = await ports.control.profiles.get(profileId);
  const subscriptions = await ports.control.profiles.subscriptions(profileId);
  const of = subscriptions.length;
  const done = subscriptions.filter((subscribed) => initialSyncState(subscribed).startsWith('Completed')).length;
  if (profile?.intent !== intent) return { outcome: 'superseded', done, of };
  return { outcome: done === of ? 'done' : 'under way', done, of };
}
