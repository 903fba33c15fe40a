import { runPart } from '../support/entry.ts';
import { startKeyVault } from './key-vault.ts';

await runPart('key-vault', ['issuer', 'tenant'], ({ port, data, option }) =>
  startKeyVault({ port, data, issuer: option('issuer'), tenant: option('tenant') }),
);
