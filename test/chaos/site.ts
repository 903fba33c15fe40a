import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { statuses } from '../../local/client/sync-progress.ts';
import { trustedVault } from '../../local/client/trusted-vault.ts';
import { type Onlooker, onlookerOf } from '../../local/databases/onlooker.ts';
import type { RestartPolicy } from '../../local/supervisor/supervised-part.ts';
import { until } from '../../local/support/until.ts';
import { activeProfile, startInstallation, type TestInstallation } from '../support/installation.ts';
import type { Chaos, Outcome } from './scenario.ts';

/** What changes in a scenario: a link of a relationship, and a table with every type of attribute are among it. */
export const CHANGING = ['account', 'contact', 'lead', 'fre_sample', 'contactleads'] as const;
export const CANARY_ENTITY = 'opportunity';
/** What is exported and compared. */
export const ENTITIES = [...CHANGING, CANARY_ENTITY] as const;
/** Whatever dies is started again at once and for ever: it is killed on purpose. */
const RESTARTS: RestartPolicy = { deaths: 1_000, withinMs: 1_000, pauseMs: 100 };
const SYNC_MS = 120_000;

/** A profile and the database that it writes to. */
export interface Target {
  readonly name: string;
  readonly profileId: string;
  /** Asks the database directly, whatever stands between it and the profile. */
  readonly onlooker: Onlooker;
}

export interface SiteOptions {
  readonly rows: number;
  /** For the Functions app. */
  readonly settings?: Record<string, string>;
}

/** A whole local installation with the product's own settings, for one scenario. */
export class Site {
  readonly test: TestInstallation;
  readonly targets: Target[] = [];
  readonly #pools: { end(): Promise<void> }[] = [];

  private constructor(test: TestInstallation) {
    this.test = test;
  }

  static async open({ rows, settings = {} }: SiteOptions): Promise<Site> {
    const { FRESHET_CONTROL = '', FRESHET_DESTINATION = '' } = process.env;
    const all = { FRESHET_CONTROL, FRESHET_DESTINATION, ...settings };
    const site = new Site(await startInstallation(all, { patient: true, restarts: RESTARTS }));
    await site.test.organization.command('seed', { rows });
    return site;
  }

  /** The connection string of the control database. */
  get control(): string {
    return this.test.installation.databases.control;
  }

  /** The connection string of the destination that is there from the begin. */
  get destination(): string {
    return this.test.installation.databases.destination;
  }

  /** The URL of a database of the installation's own server. */
  databaseUrl(name: string): string {
    const url = new URL(this.test.installation.addresses.postgres.destination);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** A pool that survives its server; closed with the site. */
  pool(url: string): pg.Pool {
    const pool = new pg.Pool({ connectionString: url, max: 4, connectionTimeoutMillis: 10_000 });
    pool.on('error', () => undefined);
    this.#pools.push(pool);
    return pool;
  }

  createDatabase(name: string): Promise<string> {
    return this.test.installation.createDatabase(name);
  }

  /** An active profile. `direct` is where its rows are to be found; `through` how the profile reaches them. */
  async addTarget(name: string, direct: string, through = direct): Promise<Target> {
    const { test } = this;
    const vault = trustedVault(test.installation.addresses);
    const secret = await vault.setSecret(name, through, { tags: { [test.organizationId]: test.tenantId } });
    const profileId = await activeProfile(test, ENTITIES, {
      Name: name,
      DestinationKeyVaultUri: secret.properties.id,
      WriteDeleteLog: true,
    });
    const target = { name, profileId, onlooker: onlookerOf(direct) };
    this.#pools.push(target.onlooker);
    this.targets.push(target);
    return target;
  }

  /** Waits for the initial synchronization of all targets. */
  async synced(): Promise<void> {
    for (const { name, profileId } of this.targets) {
      const complete = async () =>
        statuses(await this.test.client.status(profileId)).every(
          ({ InitialSyncState }) => InitialSyncState === 'Completed',
        );
      if (!(await until(complete, SYNC_MS))) throw new Error(`the initial synchronization of ${name} is not complete`);
    }
  }

  /** Keeps the logs for whoever wants to know why; says where. */
  async keepLogs(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'freshet-chaos-logs-'));
    await cp(path.join(this.test.installation.addresses.folder, 'logs'), folder, { recursive: true });
    return folder;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()));
    await this.test.stop();
  }
}

/** Runs a scenario on a site of its own, which goes with it; when something did not hold, its logs stay. */
export async function onSite(
  { say, signal }: Pick<Chaos, 'say' | 'signal'>,
  options: SiteOptions,
  play: (site: Site) => Promise<Outcome>,
): Promise<Outcome> {
  say('all parts are started …');
  const site = await Site.open(options);
  let failed = true;
  try {
    const outcome = await Promise.race([play(site), aborted(signal)]);
    failed = outcome.problems.length > 0;
    return outcome;
  } finally {
    if (failed && !signal.aborted) say(`the logs are kept in ${await site.keepLogs()}`);
    await site.close();
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
