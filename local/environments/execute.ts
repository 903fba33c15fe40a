import type { VaultClient } from '../client/vault-client.ts';
import { withClient } from './databases.ts';
import { LOCAL_ENVIRONMENTS } from './definitions.ts';
import { urlOf } from './server.ts';
import { userOf } from './users.ts';

const DEPLOY_USER = 'axdeployuser';

/** Runs statements in a local environment's transactional database, as its deploy user, in one transaction. */
export function executeAsDeployUser(server: string, connect: () => Promise<VaultClient>) {
  return async (environmentId: string, statements: readonly string[]): Promise<void> => {
    const environment = LOCAL_ENVIRONMENTS.find(({ id }) => id === environmentId);
    if (!environment) throw new Error(`${environmentId} is none of the local environments`);
    const vault = await connect();
    const password = await vault.get(`${environment.name}-${DEPLOY_USER}`);
    if (password === null) throw new Error(`the vault has no password for the deploy user of ${environment.name}`);
    const user = userOf(environment.name, DEPLOY_USER);
    await withClient(
      urlOf(server, { database: environment.databases.transactional, user, password }),
      async (client) => {
        await client.query('BEGIN');
        for (const statement of statements) await client.query(statement);
        await client.query('COMMIT');
      },
    );
  };
}
