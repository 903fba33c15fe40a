import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { urlOf } from '../../local/environments/server.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/**
 * Somebody with the passwords of many users, who tries each of them on each database of a server, again and again, whatever
 * it is called, and asks there whether something can be read that must not be.
 */
export class Prowler {
  readonly #server: string;
  readonly #logins: readonly Login[];
  readonly #asks: string;
  readonly #spared: (database: string) => boolean;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Databases and users with which something was read, and what cannot be. */
  readonly found: string[] = [];
  /** Every name that a database had while it went about. */
  readonly names = new Set<string>();
  tries = 0;

  /** `asks`: a query whose one column `found` is true where something is wrong. `spared`: databases that may be read. */
  constructor(server: string, logins: readonly Login[], asks: string, spared: (database: string) => boolean) {
    this.#server = server;
    this.#logins = logins;
    this.#asks = asks;
    this.#spared = spared;
  }

  start(): void {
    this.#running = this.#goAbout();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #goAbout(): Promise<void> {
    const observer = new pg.Client({ connectionString: this.#server });
    await observer.connect();
    try {
      while (!this.#stopping.signal.aborted) {
        const { rows } = await observer.query<{ datname: string }>('SELECT datname FROM pg_database');
        const names = rows.map(({ datname }) => datname).filter((name) => !this.#spared(name));
        for (const name of names) {
          this.names.add(name);
          await Promise.all(this.#logins.map((login) => this.#try(name, login)));
        }
        await pause(1);
      }
    } finally {
      await observer.end();
    }
  }

  async #try(database: string, { user, password }: Login): Promise<void> {
    const client = new pg.Client({ connectionString: urlOf(this.#server, { database, user, password }) });
    client.on('error', () => {});
    this.tries += 1;
    try {
      await client.connect();
      const { rows } = await client.query<{ found: boolean }>(this.#asks);
      if (rows[0]?.found) this.found.push(`${user} in ${database}`);
    } catch {
      // Refused, ended, or nothing of the kind is there: as it should be.
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
