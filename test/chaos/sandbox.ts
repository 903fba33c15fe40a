import type pg from 'pg';
import { VaultClient } from '../../local/client/vault-client.ts';
import { type DatabaseKind, withClient } from '../../local/environments/databases.ts';
import { LOCAL_ENVIRONMENTS, PRODUCTION_ID, SANDBOX_ID } from '../../local/environments/definitions.ts';
import { urlOf } from '../../local/environments/server.ts';
import { userOf } from '../../local/environments/users.ts';
import type { Addresses } from '../../local/supervisor/addresses.ts';

/** What each table holds, by its name with the database's: its rows and a checksum over all of their values. */
export type Contents = ReadonlyMap<string, { readonly rows: number; readonly checksum: string }>;
/** The ids of a server's databases, by their names. */
export type Names = ReadonlyMap<string, string>;

/** Users that may read all of a database: whoever cannot enter any more is noticed, too. */
const READERS: Readonly<Record<DatabaseKind, { readonly user: string; readonly schema: string }>> = {
  transactional: { user: 'axdbreadonlyuser', schema: 'dbo' },
  financialReporting: { user: 'axmrruntimeuser', schema: 'reporting' },
};
const KINDS = ['transactional', 'financialReporting'] as const;

/** The local environments as their own users see them, and the server's names of databases. */
export class Environments {
  readonly #server: string;
  readonly #vault: VaultClient;

  private constructor(server: string, vault: VaultClient) {
    this.#server = server;
    this.#vault = vault;
  }

  static async connect({ identity, keyVault, postgres }: Addresses): Promise<Environments> {
    return new Environments(postgres.control, await VaultClient.connect({ identity, ...keyVault }));
  }

  /** Names in service of the sandbox's databases. */
  get sandboxNames(): readonly string[] {
    return KINDS.map((kind) => environmentOf(SANDBOX_ID).databases[kind]);
  }

  /** Of both environments, set aside, and copies: all but the server's own and Freshet's. */
  async names(): Promise<Names> {
    const listed = await withClient(this.#server, (client) =>
      client.query<{ name: string; id: string }>(
        `SELECT datname AS name, oid::text AS id FROM pg_database
         WHERE NOT datistemplate AND datname NOT IN ('postgres', 'freshet', 'destination')`,
      ),
    );
    return new Map(listed.rows.map(({ name, id }) => [name, id]));
  }

  production(): Promise<Contents> {
    return this.#contents(PRODUCTION_ID);
  }

  sandbox(): Promise<Contents> {
    return this.#contents(SANDBOX_ID);
  }

  /** Somebody works in the sandbox: what it holds is no longer what a refresh brings. */
  async test(address: string): Promise<void> {
    await this.#inside(SANDBOX_ID, 'transactional', 'axruntimeuser', (client) =>
      client.query('INSERT INTO dbo.logisticselectronicaddress (location, type, locator) VALUES (1, 2, $1)', [address]),
    );
  }

  async #contents(id: string): Promise<Contents> {
    const contents = new Map<string, { rows: number; checksum: string }>();
    for (const kind of KINDS) {
      const { user, schema } = READERS[kind];
      await this.#inside(id, kind, user, async (client) => {
        const tables = await client.query<{ name: string }>(
          `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1`,
          [schema],
        );
        for (const { name } of tables.rows) contents.set(`${kind} ${name}`, await summed(client, name));
      });
    }
    return contents;
  }

  async #inside<T>(id: string, kind: DatabaseKind, user: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const { name, databases } = environmentOf(id);
    const password = (await this.#vault.get(`${name}-${user}`)) ?? '';
    return withClient(urlOf(this.#server, { database: databases[kind], user: userOf(name, user), password }), work);
  }
}

/** Tables whose contents are not the same. */
export function differing(some: Contents, others: Contents): string[] {
  const tables = new Set([...some.keys(), ...others.keys()]);
  return [...tables].filter((table) => {
    const [one, other] = [some.get(table), others.get(table)];
    return one?.rows !== other?.rows || one?.checksum !== other?.checksum;
  });
}

export function rowsIn(contents: Contents): number {
  return [...contents.values()].reduce((sum, { rows }) => sum + rows, 0);
}

async function summed(client: pg.Client, table: string): Promise<{ rows: number; checksum: string }> {
  const { rows } = await client.query<{ rows: number; checksum: string }>(
    `SELECT count(*)::int AS rows, coalesce(sum(hashtextextended(t::text, 0)), 0)::text AS checksum FROM ${table} t`,
  );
  const [row] = rows;
  if (!row) throw new Error(`${table} was not counted`);
  return row;
}

function environmentOf(id: string) {
  const found = LOCAL_ENVIRONMENTS.find((environment) => environment.id === id);
  if (!found) throw new Error(`${id} is none of the local environments`);
  return found;
}
