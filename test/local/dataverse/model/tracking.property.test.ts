import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Organization } from '../../../../local/dataverse/model/organization.ts';
import { pick, type Random, seededRandom } from '../../../../local/dataverse/model/random.ts';
import type { ReadPage, ReadState } from '../../../../local/dataverse/model/tracking.ts';
import type { Transaction } from '../../../../local/dataverse/model/transaction.ts';
import type { Variants } from '../../../../local/dataverse/model/variants.ts';
import { organizationOf } from './organizations.ts';

const IDS = Array.from({ length: 8 }, (_, at) => `00000000-0000-4000-8000-00000000000${at}`);
const PAGE_SIZE = 2;

const variants = fc.record({
  tokenMoment: fc.constantFrom('start' as const, 'end' as const),
  recreated: fc.constantFrom('both' as const, 'row' as const),
});

/** Rows as `id → version`, the way a reader of pages keeps them. */
type Copy = Map<string, number>;

/** One random change of a child, now and then inside a transaction that stays open. */
function change(organization: Organization, random: Random, open: Transaction[]): void {
  if (open.length > 0 && random() < 0.3) {
    open.shift()?.commit();
    return;
  }
  const id = pick(random, IDS);
  const target = random() < 0.2 ? organization.begin() : organization;
  if (target !== organization) open.push(target as Transaction);
  try {
    if (!organization.find('child', id)) {
      if (target === organization && random() < 0.2) organization.restore('child', id);
      else if (target === organization) organization.create('child', { name: 'new' }, { id });
      else (target as Transaction).create('child', { name: 'new' }, id);
    } else if (random() < 0.4) target.delete('child', id);
    else target.update('child', id, { name: 'changed' });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'DataverseError') throw error;
  }
}

const truth = (organization: Organization): Copy =>
  new Map([...organization.table('child').rows.values()].map((row) => [row.self.id, row.version]));

/** What a careful reader does with one read: what is listed both ways, or deleted on one of many pages, is asked by id. */
function take(copy: Copy, pages: readonly ReadPage[], organization: Organization): void {
  for (const { rows } of pages) for (const row of rows) copy.set(row.self.id, row.version);
  for (const id of pages.flatMap(({ deletions }) => deletions)) {
    const now = organization.find('child', id);
    if (now) copy.set(id, now.version);
    else copy.delete(id);
  }
}

function read(organization: Organization, from: ReadState, between: () => void): { pages: ReadPage[]; token: string } {
  const pages: ReadPage[] = [];
  let state: ReadState | null = from;
  while (state) {
    const page: ReadPage = organization.readPage('child', state, PAGE_SIZE);
    pages.push(page);
    state = page.next;
    if (state) between();
  }
  return { pages, token: pages.at(-1)?.token ?? '' };
}

describe('change tracking', () => {
  it('reproduces the table from any token, whatever happens between its pages', () => {
    fc.assert(
      fc.property(variants, fc.integer(), fc.integer({ min: 1, max: 60 }), (chosen, seed, steps) => {
        const random = seededRandom(seed);
        const organization = organizationOf({ variants: chosen });
        const open: Transaction[] = [];
        const between = () => random() < 0.6 && change(organization, random, open);
        let { token } = read(organization, organization.beginRead(true), between);
        const copy: Copy = new Map();
        take(copy, read(organization, organization.beginRead(false), between).pages, organization);
        for (let step = 0; step < steps; step++) {
          between();
          if (random() < 0.7) continue;
          const delta = read(organization, organization.beginDelta('child', token), between);
          take(copy, delta.pages, organization);
          token = delta.token;
        }
        for (const transaction of open.splice(0)) transaction.commit();
        const last = read(organization, organization.beginDelta('child', token), () => undefined);
        take(copy, last.pages, organization);
        expect(copy).toEqual(truth(organization));
      }),
      { numRuns: 300 },
    );
  });

  it('never hands out a token beyond an open transaction', () => {
    fc.assert(
      fc.property(variants, fc.integer(), (chosen, seed) => {
        const random = seededRandom(seed);
        const organization = organizationOf({ variants: chosen });
        const open: Transaction[] = [];
        for (let step = 0; step < 40; step++) {
          change(organization, random, open);
          const { token } = read(organization, organization.beginRead(true), () => undefined);
          const first = Math.min(...open.map((one) => one.firstVersion ?? Number.POSITIVE_INFINITY));
          expect(Number.parseInt(token, 10)).toBeLessThan(first);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('gives each key once in a full read, in order, and all that stood still', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        const organization = organizationOf();
        for (const id of IDS.slice(0, 6)) organization.create('child', { name: 'a' }, { id });
        const touched = new Set<string>();
        const { pages } = read(organization, organization.beginRead(false), () => {
          const id = pick(random, IDS.slice(0, 6));
          touched.add(id);
          if (organization.find('child', id)) organization.delete('child', id);
        });
        const given = pages.flatMap(({ rows }) => rows.map((row) => row.self.id));
        expect(given).toEqual([...new Set(given)].sort());
        for (const id of IDS.slice(0, 6)) if (!touched.has(id)) expect(given).toContain(id);
      }),
      { numRuns: 100 },
    );
  });

  it('gives the same history and the same answers for the same seed', () => {
    const play = (seed: number) => {
      const random = seededRandom(seed);
      const organization = organizationOf({ variants: { recreated: 'both' } satisfies Partial<Variants> });
      const open: Transaction[] = [];
      for (let step = 0; step < 200; step++) change(organization, random, open);
      return read(organization, organization.beginRead(true), () => change(organization, random, open));
    };
    expect(play(7)).toEqual(play(7));
  });
});
