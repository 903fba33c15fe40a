import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_VARIANTS } from '../../local/dataverse/model/variants.ts';
import { describeChanges } from './source/changes.rules.ts';
import { describeFaults } from './source/faults.rules.ts';
import { clear, ENTITY, type SourceUnderTest, type Subject } from './source/kit.ts';
import { describeMetadata } from './source/metadata.rules.ts';
import { describeRows } from './source/rows.rules.ts';

/** The promises of shared/dataverse/port.ts. */
export function describeSource(name: string, make: () => Promise<SourceUnderTest>): void {
  describe(`source: ${name}`, () => {
    let under: SourceUnderTest;
    let now: Subject;
    const subject = () => now;

    beforeAll(async () => {
      under = await make();
    });
    afterAll(() => under?.stop());
    beforeEach(async () => {
      const { source, organization } = under;
      organization.variants = DEFAULT_VARIANTS;
      clear(organization);
      now = { ...under, entity: await source.metadata(ENTITY) };
    });

    it('says who answers', async () => {
      const { organizationId, tenantId, environmentId, uniqueName, url, geo } = under.organization.identity;
      const named = { name: uniqueName, url: `${url}/`, region: geo };
      expect(await under.source.identity()).toEqual({ organizationId, tenantId, environmentId, ...named });
    });

    it('says how many rows an entity has', async () => {
      for (const name of ['one', 'two']) under.organization.create('account', { name });
      const counts = await under.source.counts(['account', ENTITY]);
      expect(Object.fromEntries(counts)).toEqual({ account: 2, [ENTITY]: 0 });
      expect(await under.source.counts([])).toEqual(new Map());
    });

    describe('rows', () => describeRows(subject));
    describe('changes', () => describeChanges(subject));
    describe('metadata', () => describeMetadata(subject));
    describe('an organization that', () => describeFaults(subject));
  });
}
