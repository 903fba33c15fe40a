import { describeAdministering } from './destination/administering.ts';
import { describeApplying } from './destination/applying.ts';
import { describeDefining } from './destination/defining.ts';
import type { MakeHarness } from './destination/harness.ts';
import { describeHostile } from './destination/hostile.ts';
import { describeReading } from './destination/reading.ts';
import { describeRetries } from './destination/retries.ts';
import { describeSnapshots } from './destination/snapshots.ts';
import { describeValues } from './destination/values.ts';

/** Everything that port and model of a destination promise, as rules; for each adapter alike. */
export function describeDestination(name: string, make: MakeHarness): void {
  describeDefining(name, make);
  describeApplying(name, make);
  describeRetries(name, make);
  describeSnapshots(name, make);
  describeValues(name, make);
  describeAdministering(name, make);
  describeReading(name, make);
  describeHostile(name, make);
}
