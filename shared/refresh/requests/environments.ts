import {
  type Environment,
  type EnvironmentKey,
  type EnvironmentSettings,
  idKey,
  type Servicing,
} from '../../control/environment.ts';
import type { Operation } from '../../control/operation.ts';
import { FreshetError } from '../../errors/error.ts';
import type { RefreshPorts } from '../ports.ts';
import { mustFind } from '../runbook/databases.ts';

/** A page of a list, as the original pages it. */
export interface Page<Row> {
  /** From 1 on. */
  readonly page: number;
  readonly hasMore: boolean;
  readonly rows: readonly Row[];
}

const PAGE_ROWS = 50;

/**
 * Registers an environment, or replaces what is registered: in the middle of an operation only what no operation works with.
 * ENVIRONMENT_NAME_TAKEN, ENVIRONMENT_BUSY, VAULT_URL_REFUSED.
 */
export async function registerEnvironment(
  ports: RefreshPorts,
  { projectId, id }: EnvironmentKey,
  settings: EnvironmentSettings,
): Promise<Environment> {
  const { databases, secrets } = settings;
  for (const { keyVaultUri } of Object.values(databases)) ports.secrets.check(keyVaultUri);
  for (const address of secrets) ports.secrets.check(address);
  const done = await ports.control.environments.register({ projectId, id, settings });
  if (done === 'taken') throw new FreshetError('ENVIRONMENT_NAME_TAKEN', { name: settings.name });
  if (done === 'busy') throw await busy(ports, { projectId, id });
  return mustFind(ports, { projectId, id });
}

/** ENVIRONMENT_NOT_FOUND, ENVIRONMENT_BUSY. */
export async function removeEnvironment(ports: RefreshPorts, key: EnvironmentKey): Promise<void> {
  const removed = await ports.control.environments.remove(key);
  if (removed === 'unknown') throw new FreshetError('ENVIRONMENT_NOT_FOUND', { environmentId: key.id });
  if (removed === 'busy') throw await busy(ports, key);
}

/** What may be seen of an environment. */
export interface EnvironmentView {
  readonly environment: Environment;
  readonly canStart: boolean;
  readonly canStop: boolean;
  /** The names of its secrets, never their values; of a production environment nobody sees even those. */
  readonly secrets: readonly string[] | null;
}

/** Which environments are wanted: those of a page, or the one of an id or a name. */
export interface EnvironmentsWanted {
  readonly page?: number;
  readonly environmentId?: string | undefined;
  readonly environmentName?: string | undefined;
}

export async function environmentDetails(
  ports: RefreshPorts,
  projectId: number,
  { page = 1, environmentId, environmentName }: EnvironmentsWanted,
): Promise<Page<EnvironmentView>> {
  const all = await ports.control.environments.list(projectId);
  const wanted = all.filter(
    ({ id, settings }) =>
      (environmentId === undefined || idKey(id) === idKey(environmentId)) &&
      (environmentName === undefined || settings.name.toLowerCase() === environmentName.toLowerCase()),
  );
  const { rows, ...frame } = pageOf(wanted, page);
  return { ...frame, rows: await Promise.all(rows.map((one) => viewOf(ports, one))) };
}

async function viewOf(ports: RefreshPorts, environment: Environment): Promise<EnvironmentView> {
  const { settings, started } = environment;
  const free = (await ports.control.operations.locking(environment)).length === 0;
  const managed = settings.infrastructure === 'CustomerManaged';
  const addresses = [...Object.values(settings.databases).map(({ keyVaultUri }) => keyVaultUri), ...settings.secrets];
  return {
    environment,
    canStart: managed && free && !started,
    canStop: managed && free && started,
    secrets: settings.kind === 'production' ? null : addresses.map(secretName),
  };
}

const secretName = (address: string): string => /\/secrets\/([^/]+)/.exec(address)?.[1] ?? '';

/** One line of an environment's history: an operation of Freshet, or servicing that was told to the registry. */
export type HistoryRow = { readonly operation: Operation } | { readonly servicing: Servicing };

/** What was done to an environment, the newest first. */
export async function environmentHistory(
  ports: RefreshPorts,
  key: EnvironmentKey,
  page = 1,
): Promise<Page<HistoryRow>> {
  const { settings } = await mustFind(ports, key);
  const upTo = page * PAGE_ROWS + 1;
  const operations = await ports.control.operations.history(key, 0, upTo);
  const rows: HistoryRow[] = [
    ...operations.map((operation) => ({ operation })),
    ...settings.servicing.map((servicing) => ({ servicing })),
  ];
  return pageOf(
    rows.sort((a, b) => beganAt(b) - beganAt(a)),
    page,
  );
}

const beganAt = (row: HistoryRow): number => ('operation' in row ? row.operation.createdAt : row.servicing.startedAt);

function pageOf<Row>(rows: readonly Row[], page: number): Page<Row> {
  const from = (page - 1) * PAGE_ROWS;
  return { page, hasMore: rows.length > from + PAGE_ROWS, rows: rows.slice(from, from + PAGE_ROWS) };
}

/** Starts a customer-managed environment; one that is started stays so. ENVIRONMENT_NOT_MANAGED, ENVIRONMENT_BUSY. */
export async function startEnvironment(ports: RefreshPorts, key: EnvironmentKey): Promise<void> {
  await setStarted(ports, key, true);
}

/** Stops it. ENVIRONMENT_STOPPED when it was, ENVIRONMENT_NOT_MANAGED, ENVIRONMENT_BUSY. */
export async function stopEnvironment(ports: RefreshPorts, key: EnvironmentKey): Promise<void> {
  const environment = await setStarted(ports, key, false);
  if (environment === null) return;
  throw new FreshetError('ENVIRONMENT_STOPPED', { environment: environment.settings.name });
}

/** The environment, if it was so already. */
async function setStarted(ports: RefreshPorts, key: EnvironmentKey, started: boolean): Promise<Environment | null> {
  const environment = await mustFind(ports, key);
  const { infrastructure, name } = environment.settings;
  if (infrastructure !== 'CustomerManaged') throw new FreshetError('ENVIRONMENT_NOT_MANAGED', { environment: name });
  const done = await ports.control.environments.setStarted(key, started);
  if (done === 'busy') throw await busy(ports, key);
  return done === 'already' ? environment : null;
}

async function busy(ports: RefreshPorts, key: EnvironmentKey): Promise<FreshetError> {
  const { settings } = await mustFind(ports, key);
  const [lock] = await ports.control.operations.locking(key);
  const operation = lock ? `${lock.name} ${lock.id}` : 'one that has just ended';
  const values = { environment: settings.name, operation, state: lock?.state ?? 'ended', by: lock?.by.name ?? '' };
  return new FreshetError('ENVIRONMENT_BUSY', values);
}
