import { describe } from 'vitest';
import { describeBells } from './control/bells.rules.ts';
import { describeCalls } from './control/calls.rules.ts';
import { describeEnvironments } from './control/environments.rules.ts';
import { describeFeeds } from './control/feeds.rules.ts';
import type { MakeControl } from './control/kit.ts';
import { describeOperations } from './control/operations.rules.ts';
import { describeOrganizations } from './control/organizations.rules.ts';
import { describeProfiles } from './control/profiles.rules.ts';
import { describeReconciliations } from './control/reconciliations.rules.ts';
import { describeRetention } from './control/retention.rules.ts';
import { describeSchedules } from './control/schedules.rules.ts';
import { describeSnapshots } from './control/snapshots.rules.ts';
import { describeSubscriptions } from './control/subscriptions.rules.ts';
import { describeWholeReads } from './control/whole-reads.rules.ts';

/** What every adapter of the control database promises. `make` gives one that holds nothing. */
export function describeControl(name: string, make: MakeControl): void {
  describe(`control database: ${name}`, () => {
    describe('bells', () => describeBells(make));
    describe('feeds', () => describeFeeds(make));
    describe('snapshots', () => describeSnapshots(make));
    describe('profiles', () => describeProfiles(make));
    describe('subscriptions', () => describeSubscriptions(make));
    describe('organizations', () => describeOrganizations(make));
    describe('retention', () => describeRetention(make));
    describe('whole reads', () => describeWholeReads(make));
    describe('reconciliations', () => describeReconciliations(make));
    describe('environments', () => describeEnvironments(make));
    describe('operations', () => describeOperations(make));
    describe('schedules', () => describeSchedules(make));
    describe('calls', () => describeCalls(make));
  });
}
