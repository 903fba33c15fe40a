import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { OrganizationClient, OrganizationStatus } from '../../local/client/organization-client.ts';

const LOOK_EVERY_MS = 25;

interface Moment {
  readonly at: number;
  readonly version: number;
}

/** Remembers which versions the organization had given when. */
export class VersionTimes {
  readonly #moments: Moment[] = [];
  readonly #organization: OrganizationClient;

  constructor(organization: OrganizationClient) {
    this.#organization = organization;
  }

  async look(): Promise<OrganizationStatus> {
    // The moment before the question: a version first seen in the answer was given after the answer before.
    const at = Date.now();
    const status = await this.#organization.status();
    this.#moments.push({ at, version: status.version });
    return status;
  }

  /** Looks until the condition holds. */
  async watch(until: (status: OrganizationStatus) => boolean): Promise<void> {
    while (!until(await this.look())) await pause(LOOK_EVERY_MS);
  }

  /**
   * For ascending versions the latest moments (ms since 1970) at which they are known not to have been given: each change
   * came at most one look later, so that a lag counted from there is never too small. Versions of before are left out.
   */
  *before(versions: Iterable<number>): Generator<{ readonly version: number; readonly at: number }> {
    let next = 0;
    for (const version of versions) {
      while ((this.#moments[next]?.version ?? Number.POSITIVE_INFINITY) < version) next++;
      const at = this.#moments[next - 1]?.at;
      if (at !== undefined) yield { version, at };
    }
  }
}

/**
 * Milliseconds from the change to its commit, of every row as it stands in the tables. Changes that another one of the same
 * row has overtaken are not among them, nor are deletions. One machine, one clock.
 */
export async function lagsOf(
  destination: pg.Pool,
  tables: readonly string[],
  since: number,
  times: VersionTimes,
): Promise<number[]> {
  const lags: number[] = [];
  for (const table of tables) {
    const { rows } = await destination.query<{ version: string; committed: number }>(
      `SELECT versionnumber AS version,
         (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::double precision AS committed
       FROM ${table} WHERE versionnumber > $1 ORDER BY versionnumber`,
      [since],
    );
    const committed = new Map(rows.map((row) => [Number(row.version), row.committed]));
    for (const { version, at } of times.before(committed.keys())) lags.push((committed.get(version) ?? 0) - at);
  }
  return lags;
}
