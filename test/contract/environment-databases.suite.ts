import { describeCopying } from './environment-databases/copying.ts';
import { describeDefaultRules } from './environment-databases/default-rules.ts';
import type { MakeHarness } from './environment-databases/harness.ts';
import { describeScrubbing } from './environment-databases/scrubbing.ts';
import { describeServing } from './environment-databases/serving.ts';

/** Everything that port and model of environment databases promise, as rules; for each adapter alike. */
export function describeEnvironmentDatabases(name: string, make: MakeHarness): void {
  describeCopying(name, make);
  describeServing(name, make);
  describeScrubbing(name, make);
  describeDefaultRules(name, make);
}
