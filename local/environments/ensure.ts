import { randomBytes } from 'node:crypto';
import { type EnvironmentBody, LcsClient } from '../client/lcs-client.ts';
import { VaultClient } from '../client/vault-client.ts';
import type { Installation } from '../supervisor/start-all.ts';
import { type DatabaseKind, ensureDatabase, withClient } from './databases.ts';
import { LOCAL_ENVIRONMENTS, type LocalEnvironment, PROJECT_ID } from './definitions.ts';
import { urlOf } from './server.ts';
import { ensureUser, grantAccess, RUNBOOK_USER, USER_NAMES, userOf } from './users.ts';

const PASSWORD_BYTES = 18;
const newPassword = () => randomBytes(PASSWORD_BYTES).toString('base64url');

/** What registration needs to know of where things are. */
interface Site {
  readonly vault: VaultClient;
  /** The databases' server, by its administrator and by the runbook's user. */
  readonly administrator: string;
  readonly runbook: string;
  readonly synchronization: string;
  readonly tenantId: string;
}

/**
 * Makes the local environments with their databases, users and secrets, and registers them. Those that are registered
 * already are left alone: after a refresh, or in the middle of one, their databases are not what they were at first.
 */
export async function ensureEnvironments(
  { addresses, organizations }: Pick<Installation, 'addresses' | 'organizations'>,
  environments: readonly LocalEnvironment[] = LOCAL_ENVIRONMENTS,
): Promise<void> {
  const { functions, identity, keyVault, postgres, synchronization } = addresses;
  const client = new LcsClient({ app: functions, issuer: identity });
  const known = new Set((await client.environments(PROJECT_ID)).map(({ EnvironmentId }) => EnvironmentId));
  const missing = environments.filter(({ id }) => !known.has(id));
  if (missing.length === 0) return;
  const vault = await VaultClient.connect({ identity, ...keyVault });
  const administrator = urlOf(postgres.control, { database: 'postgres' });
  const password = await vault.ensure('freshet-runbook', newPassword);
  await withClient(administrator, async (server) => {
    await ensureUser(server, RUNBOOK_USER, password, 'CREATEDB');
    await server.query(`GRANT pg_signal_backend TO ${RUNBOOK_USER}`);
  });
  const runbook = urlOf(administrator, { user: RUNBOOK_USER, password });
  const tenantId = organizations[0]?.tenantId ?? '';
  await Promise.all(
    missing.map(async (environment) => {
      const body = await makeEnvironment(environment, { vault, administrator, runbook, synchronization, tenantId });
      await client.register(PROJECT_ID, environment.id, body);
    }),
  );
}

/** Databases, users and secrets of one environment; gives what is to be registered of it. */
async function makeEnvironment(environment: LocalEnvironment, site: Site): Promise<EnvironmentBody> {
  const { name, seed, scale, databases, body } = environment;
  const { vault, administrator, runbook } = site;
  const sample = { environment: name, seed, scale, administrator: body.EnvironmentAdministrator.NetworkAlias };
  await withClient(administrator, async (server) => {
    for (const user of USER_NAMES)
      await ensureUser(server, userOf(name, user), await vault.ensure(`${name}-${user}`, newPassword));
  });
  const make = async (kind: DatabaseKind) => {
    const url = urlOf(runbook, { database: databases[kind] });
    await ensureDatabase(runbook, databases[kind], kind, sample);
    await withClient(url, (inside) => grantAccess(inside, name, kind, databases));
    const secret = `${name}-${kind.toLowerCase()}`;
    await vault.set(secret, url);
    return { Name: databases[kind], KeyVaultUri: vault.addressOf(secret), MaxBytes: null };
  };
  const [Transactional, FinancialReporting] = await Promise.all([make('transactional'), make('financialReporting')]);
  return {
    ...body,
    TenantId: site.tenantId,
    EnvironmentAdministrator: { ...body.EnvironmentAdministrator, TenantId: site.tenantId },
    Databases: { Transactional, FinancialReporting },
    Secrets: USER_NAMES.map((user) => vault.addressOf(`${name}-${user}`)),
    SynchronizationUrl: `${site.synchronization}/environments/${environment.id}/synchronization`,
  };
}
