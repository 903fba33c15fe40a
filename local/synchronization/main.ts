import { VaultClient } from '../client/vault-client.ts';
import { executeAsDeployUser } from '../environments/execute.ts';
import { runPart } from '../support/entry.ts';
import { StartFailure } from '../support/failure.ts';
import { startSynchronization } from './synchronization.ts';

await runPart('synchronization', ['postgres', 'issuer', 'vault', 'ca'], async ({ port, data, option }) => {
  const given = (name: string) => option(name) ?? missing(name);
  const vault = { identity: given('issuer'), url: given('vault'), caFile: given('ca') };
  const execute = executeAsDeployUser(given('postgres'), () => VaultClient.connect(vault));
  return startSynchronization({ port, data, execute });
});

function missing(name: string): never {
  throw new StartFailure(`--${name} is missing`, `Give --${name} <${name}>, as npm start does`);
}
