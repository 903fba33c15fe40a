import type { FeedKey, Profile } from '../../control/model.ts';
import type { KnownShape } from '../../control/profiles.port.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import { shapeOf } from '../../dataverse/shape.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { ringFeedsOf } from '../bells.ts';
import type { DefinitionsNow } from '../definitions.ts';
import type { ExportPorts } from '../ports.ts';
import { leaveOthers } from './leaving.ts';
import { othersPositions, profilesOf, takenBy } from './others.ts';
import { initialSyncState } from './profile-json.ts';
import { mustNotBeStopped, ringProfile } from './profiles.ts';
import { registerActive } from './registering.ts';
import { mustValidate } from './validation.ts';

/** A wish to activate a profile, as the orchestration carries it: valid while the profile still carries its intent. */
export interface Activation {
  readonly profileId: string;
  readonly intent: string;
  readonly scope: Scope;
}

/** `metadata`: tables and their definitions alone; the profile stays as it is, and no row is read. */
export type Scope = 'all' | 'metadata';

/**
 * Checks for a caller who waits, and makes the wish the profile's own: from then on it is durable
 * steps. Null: somebody else wished something meanwhile, and that stands.
 */
export async function requestActivation(
  ports: ExportPorts,
  profile: Profile,
  scope: Scope = 'all',
): Promise<Activation | null> {
  mustNotBeStopped(profile);
  await mustValidate(ports, profile);
  const intent = ports.newId();
  const change = { intent, trouble: null, modifiedAt: ports.clock.now() };
  const stands = await ports.control.profiles.update(profile.id, change, { intent: profile.intent });
  return stands ? { profileId: profile.id, intent, scope } : null;
}

/**
 * The steps of an activation, in their order; each can run twice. A profile that was deleted, deactivated or activated anew
 * meanwhile ends them. functions/activate-profile.ts strings them together durably; rows never pass through it. Registering
 * comes after joining: it serves what active profiles export, and a notification before would ring no feed.
 */
export const ACTIVATION_STEPS = ['validate', 'tables', 'join', 'register', 'start'] as const;
export const METADATA_STEPS = ['validate', 'tables', 'define'] as const;
export type ActivationStep = (typeof ACTIVATION_STEPS | typeof METADATA_STEPS)[number];

export function stepsOf({ scope }: Pick<Activation, 'scope'>): readonly ActivationStep[] {
  return scope === 'metadata' ? METADATA_STEPS : ACTIVATION_STEPS;
}

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
  validate: (ports, profile) => mustValidate(ports, profile, { patience: 'all' }),
  tables: makeTables,
  define: defineTables,
  join: joinFeeds,
  register: async (ports, profile) => registerActive(ports, profile.settings.organizationId),
  start: async (ports, profile) => {
    await ports.control.profiles.update(profile.id, { trouble: null }, { intent: profile.intent });
    await ringAll(ports, profile);
  },
};

/**
 * The destination's own tables, and the profile's places in them, be they those of profiles that are no more: from here on nobody
 * else begins anything there. Entity tables are made when their position is placed.
 */
async function makeTables(ports: ExportPorts, profile: Profile): Promise<void> {
  const { id: profileId, settings } = profile;
  const destination = await ports.destinations.of(profile);
  await destination.prepare({ deleteLog: settings.writeDeleteLog });
  const { known, unknown } = await othersPositions(ports, profileId, (await destination.positions()) ?? []);
  const [taken] = known;
  if (taken) throw takenBy(taken);
  const former = profilesOf(unknown);
  const entities = settings.entities.map(({ entity }) => entity);
  // Somebody was first: the next attempt sees who.
  if (!(await destination.claim(entities, former)))
    throw new FreshetError('POSITION_MOVED', { entity: entities.join() });
  if (former.length === 0) return;
  ports.log.write('info', 'tables taken over', { profileId, formerProfiles: former.join(', ') });
}

/** From here on the feeds are read for the profile; applying finds no position yet and asks for the snapshots. */
async function joinFeeds(ports: ExportPorts, profile: Profile): Promise<void> {
  const { id, intent, settings } = profile;
  const origin = profile.origin ?? (await ports.sourceOf(settings.organizationId).identity());
  const joined = await joinNamed(ports, profile);
  const change = { state: 'active', origin, trouble: null, breaker: null, activatedAt: ports.clock.now() } as const;
  await ports.control.profiles.update(id, change, { intent });
  // A replacement that found the profile not active yet has left this to the activation.
  await joinReplaced(ports, profile, joined);
  await ringAll(ports, profile);
}

/** Reading begins with the join, and looks again once all that changes is notified. */
async function ringAll(ports: ExportPorts, { id }: Profile): Promise<void> {
  await ringProfile(ports, id);
  await ringFeedsOf(ports, id);
}

/**
 * Makes the profile's subscriptions those that it names, also while it is replaced under the same intent; another intent's are
 * left alone. Answers with the names joined in the end.
 */
async function joinNamed(ports: ExportPorts, profile: Profile): Promise<string> {
  // A replacement that broke off may have left subscriptions to what is no longer named.
  await leaveOthers(ports, profile);
  await subscribeAll(ports, profile);
  return joinReplaced(ports, profile, namesOf(profile));
}

/** Looks again what the profile names. `joined`: what is joined already. */
async function joinReplaced(ports: ExportPorts, { id, intent }: Profile, joined: string): Promise<string> {
  const now = await ports.control.profiles.get(id);
  return now === null || now.intent !== intent || namesOf(now) === joined ? joined : joinNamed(ports, now);
}

function namesOf({ settings }: Profile): string {
  return settings.entities.map(({ entity }) => entity).join();
}

/** Nobody reads for a profile that is not active; its subscriptions say which tables are its own. */
async function subscribeAll(ports: ExportPorts, { id, settings, intent }: Profile): Promise<void> {
  const { organizationId, entities } = settings;
  const definitions = await ports.definitions.now(organizationId);
  for (const { entity } of entities) {
    const key = { organizationId, entity };
    const begins = await beginning(ports, key, definitions);
    await ports.control.profiles.subscribe(id, key, begins, { intent });
    await keepDefinition(ports, key, begins);
  }
}

/** The entities' tables, empty, and what the metadata tables say of them. */
async function defineTables(ports: ExportPorts, profile: Profile): Promise<void> {
  await subscribeAll(ports, profile);
  const destination = await ports.destinations.of(profile);
  for (const { organizationId, entity } of await ports.control.profiles.subscriptions(profile.id)) {
    const feed = await ports.control.feeds.get({ organizationId, entity });
    const definition = feed && (await ports.definitions.find(feed, feed.shape));
    if (!feed || !definition) continue;
    await destination.shape(definition);
    await destination.describe(definition);
    await ports.control.profiles.report(profile.id, entity, { shape: feed.shape });
  }
}

/** What a feed begins with, and the definition that its shape names. */
interface Beginning extends KnownShape {
  readonly definition: EntityMetadata;
}

/** As the feed is read already, or as the entity is defined now. */
async function beginning(ports: ExportPorts, key: FeedKey, now: DefinitionsNow): Promise<Beginning> {
  const feed = await ports.control.feeds.get(key);
  const known = feed && (await ports.definitions.find(key, feed.shape));
  if (feed && known) return { shape: feed.shape, metadataVersion: feed.metadataVersion, definition: known };
  const definition = await now.of(key.entity);
  const shape = shapeOf(definition);
  await ports.control.feeds.saveMetadata(key, shape, definition);
  return { shape, metadataVersion: now.version, definition };
}

/**
 * The last other subscriber may have left meanwhile, and have taken feed and definitions along. From the subscription on
 * nobody forgets it.
 */
async function keepDefinition(ports: ExportPorts, key: FeedKey, { shape, definition }: Beginning): Promise<void> {
  const { feeds } = ports.control;
  if ((await feeds.metadata(key, shape)) === null) await feeds.saveMetadata(key, shape, definition);
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
  { profileId, intent }: Pick<Activation, 'profileId' | 'intent'>,
): Promise<SyncProgress> {
  const profile = await ports.control.profiles.get(profileId);
  const subscriptions = await ports.control.profiles.subscriptions(profileId);
  const of = subscriptions.length;
  const done = subscriptions.filter((subscribed) => initialSyncState(subscribed).startsWith('Completed')).length;
  if (profile?.intent !== intent) return { outcome: 'superseded', done, of };
  return { outcome: done === of ? 'done' : 'under way', done, of };
}
