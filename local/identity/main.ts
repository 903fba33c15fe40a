import { runPart } from '../support/entry.ts';
import { startIdentity } from './identity.ts';

await runPart('identity', ['audience', 'tenant'], ({ port, data, option }) =>
  startIdentity({ port, data, audience: option('audience'), tenant: option('tenant') }),
);
