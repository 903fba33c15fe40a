import { addressesOf } from '../../../local/supervisor/addresses.ts';
import { startSupervised } from '../../../local/supervisor/start-all.ts';
import { fakePart } from './fakes.ts';

/** A process that supervises two fake parts: `<base port> <folder>`. */
const [base = '', folder = ''] = process.argv.slice(2);
const parts = [fakePart(folder, 'one', Number(base)), fakePart(folder, 'two', Number(base) + 1, ['one'])];
try {
  const installation = await startSupervised(addressesOf(Number(base), folder), parts, { report: console.log });
  console.log(`installation ready on 127.0.0.1:${base}`);
  process.once('SIGTERM', () => installation.stop().then(() => process.exit(0)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
