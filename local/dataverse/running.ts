import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { controlOf } from './control/control.ts';
import { Stream, type StreamStatus } from './control/stream.ts';
import { standardDefinitions } from './definitions.ts';
import { anyToken, tokensOf } from './http/authentication.ts';
import { type FaultSettings, Faults, NO_FAULTS } from './http/faults.ts';
import { createSiteServer } from './http/server.ts';
import type { Site } from './http/site.ts';
import { Statistics } from './http/statistics.ts';
import { identityOf, type OrganizationOption } from './identity.ts';
import { Organization } from './model/organization.ts';
import type { OrganizationIdentity } from './model/organization-types.ts';
import { type Random, realIds, seededRandom } from './model/random.ts';
import type { Variants } from './model/variants.ts';
import { addressOf, Notifier } from './notifications/notifier.ts';
import { Outbox, type Poster } from './notifications/outbox.ts';
import { ServiceBusPoster } from './notifications/service-bus-poster.ts';
import { ensureMessages } from './registration/messages.ts';
import { registrationRules } from './registration/rules.ts';
import { Subscriptions } from './registration/subscriptions.ts';
import { Sampler } from './sample/sampler.ts';
import { seedBasics, seedRows } from './sample/seed.ts';
import { Store } from './store/store.ts';

export interface DataverseOptions {
  readonly port: number;
  /** Absolute. */
  readonly data: string;
  /** Sample rows of a fresh organization. */
  readonly rows?: number | undefined;
  readonly organization?: OrganizationOption | undefined;
  /** Absent: any bearer token is accepted. */
  readonly issuer?: string | undefined;
  readonly seed?: number | undefined;
  readonly now?: (() => number) | undefined;
  readonly poster?: Poster | undefined;
}

export interface RunningDataverse {
  readonly port: number;
  /** Of the organization, without a slash at its end. */
  readonly url: string;
  /** Changes made here are written and told with the next request that changes something. */
  readonly organization: Organization;
  readonly faults: Faults;
  stop(): Promise<void>;
}

/** All that one running organization is made of. */
export interface Parts {
  readonly site: Site;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly notifier: Notifier;
  readonly stream: Stream;
  readonly sampler: Sampler;
  readonly statesFolder: string;
}

/** What of the identity was changed by a command, and so survives the option. */
export type IdentityChanges = Partial<OrganizationIdentity>;

/** Starts an organization; all that was acknowledged before is there. Rejects with the system's error when it cannot. */
export async function startDataverse(options: DataverseOptions): Promise<RunningDataverse> {
  const store = new Store(options.data);
  let challenge = '';
  const { server, ready } = serverFor(() => challenge, options);
  try {
    const port = await listen(server, options.port);
    const parts = assemble(options, store, port);
    const { url, tenantId } = parts.site.organization.identity;
    challenge = `Bearer authorization_uri=${options.issuer ?? `https://login.microsoftonline.com/${tenantId}/oauth2/authorize`}, resource_id=${url}/`;
    ready(parts);
    const { organization, faults } = parts.site;
    return { port, url, organization, faults, stop: () => stop(server, parts) };
  } catch (error) {
    server.close();
    store.close();
    throw error;
  }
}

/** The server listens before the organization is loaded, for its address may be part of it; requests wait until then. */
function serverFor(challenge: () => string, { issuer }: DataverseOptions) {
  let ready: (parts: Parts) => void = () => undefined;
  const parts = new Promise<Parts>((resolve) => {
    ready = resolve;
  });
  const audiences: string[] = [];
  const authenticate = issuer === undefined ? anyToken : tokensOf(issuer, () => audiences);
  const server = createSiteServer(async () => {
    const { site } = await parts;
    audiences.splice(0, audiences.length, site.organization.identity.url);
    return { site, authenticate, control: controlOf(await parts), challenge };
  });
  return { server, ready };
}

function assemble(options: DataverseOptions, store: Store, port: number): Parts {
  const now = options.now ?? Date.now;
  const random = seededRandom(options.seed ?? 1);
  const organization = openOrganization(options, store, port, random, now);
  const statistics = new Statistics(now);
  const faults = new Faults(now, random, statistics);
  faults.settings = { ...NO_FAULTS, ...store.setting<FaultSettings>('faults') };
  const waiting = store.loadWaiting();
  const subscriptions = new Subscriptions(organization);
  const notifier = new Notifier(
    { organization, subscriptions, faults: () => faults.settings, now, random },
    Math.max(now(), waiting.at(-1)?.sequence ?? 0),
  );
  const outbox = new Outbox(
    {
      poster: options.poster ?? new ServiceBusPoster(),
      store,
      now,
      address: (endpointId) => addressOf(organization, endpointId),
      isRunning: () => faults.settings.backgroundOperations,
    },
    waiting,
  );
  const flush = () => {
    const messages = notifier.drain();
    store.commit(organization, messages);
    if (messages.length > 0) outbox.add(messages);
  };
  const change = async <T>(what: () => T): Promise<T> => {
    try {
      return what();
    } finally {
      flush();
    }
  };
  const site: Site = { organization, faults, statistics, now, change, rules: registrationRules(organization) };
  const stream = new Stream(
    organization,
    streamChange(store, change, () => stream.status()),
    now,
  );
  const running = store.setting<StreamStatus>('stream');
  if (running?.running && running.options && !running.done) stream.start(running.options, running.issued);
  outbox.kick();
  const statesFolder = path.join(options.data, 'states');
  return { site, store, outbox, notifier, stream, sampler: new Sampler(organization, random), statesFolder };
}

/** Where the stream stands is written with what it changed. */
function streamChange(store: Store, change: Site['change'], status: () => StreamStatus) {
  return (what: () => void): Promise<void> =>
    change(() => {
      what();
      store.collectSetting('stream', status());
    });
}

function openOrganization(
  options: DataverseOptions,
  store: Store,
  port: number,
  random: Random,
  now: () => number,
): Organization {
  const given = identityOf(options.organization ?? {}, port);
  const { callerId, businessUnitId, currencyId } = store.setting<OrganizationIdentity>('firstIdentity') ?? given;
  const changes = store.setting<IdentityChanges>('identity');
  const identity = { ...given, callerId, businessUnitId, currencyId, ...changes };
  const variants = store.setting<Partial<Variants>>('variants') ?? {};
  const retentionMs = store.setting<number>('retentionMs');
  const organization = new Organization({
    identity,
    now,
    newId: realIds,
    variants,
    ...(retentionMs === null ? {} : { retentionMs }),
  });
  const state = store.load();
  if (state) organization.restoreState(state);
  store.follow(organization);
  if (!state) {
    store.setSetting('firstIdentity', identity);
    organization.define(...standardDefinitions());
    seedBasics(organization);
    seedRows(organization, options.rows ?? 0, new Sampler(organization, random));
  }
  ensureMessages(organization);
  store.commit(organization);
  store.prune(organization.nowSeconds - Math.floor(organization.retentionMs / 1000));
  return organization;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function stop(server: Server, { site, stream, outbox, store }: Parts): Promise<void> {
  stream.stop();
  site.organization.rollBackTransactions();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
  await outbox.stop();
  store.close();
}
