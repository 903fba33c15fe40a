import { runPart } from '../support/entry.ts';
import { startAzurite } from './azurite.ts';

await runPart('azurite', [], startAzurite);
