import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../shared/destination/model.ts';
import type { Destination } from '../../../shared/destination/port.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import { MERGE_MAX_ENTRIES } from '../../../shared/export/apply/merge.ts';
import {
  GROWS_AFTER_MERGES,
  makeSmaller,
  mergeEntries,
  mergeWorked,
  STATEMENT_MIN_ROWS,
  statementRows,
} from '../../../shared/export/apply/merge-size.ts';
import { deactivateProfile } from '../../../shared/export/profiles/profiles.ts';
import { intercept } from '../../support/intercept.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';

const SECOND = 1_000;

const tooLarge = () => new FreshetError('DESTINATION_BATCH_TOO_LARGE', { text: 'out of memory' });
const entriesOf = ({ rows, deletions, refused }: Batch) => rows.length + deletions.length + refused.length;

interface Limits {
  readonly entries?: number;
  readonly statementRows?: number;
}

/** A profile whose destination refuses merges beyond the limits; what it was asked to commit is written down. */
async function limited(world: World, limits: Limits) {
  const asked: { batch: Batch; refused: boolean }[] = [];
  world.wrapDestination = (destination) =>
    intercept(destination, ({ batch, trial }) => {
      if (!batch || trial) return;
      const { entries = Infinity, statementRows: rows = Infinity } = limits;
      const refused = entriesOf(batch) > entries || Math.min(entriesOf(batch), batch.statementRows ?? Infinity) > rows;
      asked.push({ batch, refused });
      if (refused) throw tooLarge();
    });
  const id = await world.addProfile('one');
  return { id, asked, refusals: () => asked.filter(({ refused }) => refused).length };
}

/** Pages of three rows, applied together: the profile was away while they came. */
async function catchUp(world: World, profileId: string, pages: number): Promise<void> {
  await deactivateProfile(world.ports, [ORGANIZATION_ID], profileId);
  for (let page = 0; page < pages; page++) {
    for (let row = 0; row < 3; row++) world.organization.create('parent', { name: `row ${page}.${row}` });
    await world.run(2 * SECOND);
  }
  await world.activate(profileId);
  await world.run(10 * SECOND);
}

describe('a destination that finds a merge too large', () => {
  it('gets fewer pages at once, and its breaker stays closed', async () => {
    const world = new World();
    const { id, asked, refusals } = await limited(world, { entries: 7 });
    await world.run(10 * SECOND);
    await catchUp(world, id, 12);
    expect(world.destination('one').size).toBe(36);
    expect(world.destination('one')).toEqual(world.source());
    expect(refusals()).toBe(3);
    expect(asked.every(({ batch }) => entriesOf(batch) % 3 === 0)).toBe(true);
    expect(world.log.named('breaker opened')).toEqual([]);
    expect(world.log.named('merges made smaller')).toHaveLength(3);
  });

  it('gets a single page in smaller statements, but in one transaction', async () => {
    const world = new World();
    for (let row = 0; row < 300; row++) world.organization.create('parent', { name: `row ${row}` });
    const { asked, refusals } = await limited(world, { statementRows: 80 });
    await world.run(10 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect(refusals()).toBe(2);
    const filling = asked.filter(({ batch }) => entriesOf(batch) > 0);
    expect(filling.map(({ batch }) => entriesOf(batch))).toEqual([300, 300, 300]);
    expect(filling.at(-1)?.batch.statementRows).toBe(75);
  });

  it('is not asked for as much again in later turns', async () => {
    const world = new World();
    const { refusals } = await limited(world, { statementRows: 80 });
    for (let turn = 0; turn < 3; turn++) {
      for (let row = 0; row < 300; row++) world.organization.create('parent', { name: `row ${turn}.${row}` });
      await world.run(10 * SECOND);
    }
    expect(world.destination('one').size).toBe(900);
    expect(refusals()).toBe(2);
  });

  it('that cannot write a page at all is reported as such, and caught up with once its limit is raised', async () => {
    const world = new World();
    const limits = { entries: 100 };
    for (let row = 0; row < 300; row++) world.organization.create('parent', { name: `row ${row}` });
    const { id } = await limited(world, limits);
    await world.run(10 * SECOND);
    const breaker = (await world.control.profiles.get(id))?.breaker;
    expect(breaker).toMatchObject({
      code: 'DESTINATION_LIMIT_TOO_LOW',
      reason:
        'The destination cannot write 300 entries of parent in one transaction, and less is not possible: out of memory',
    });
    expect(world.destination('one').size).toBe(0);
    limits.entries = 300;
    await world.run(90 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect((await world.control.profiles.get(id))?.breaker).toBeNull();
  });

  it('settles retries by halves', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.wrapDestination = (destination) =>
      intercept(destination, ({ settlement }) => {
        if (settlement && settlement.write.rows.length > 2) throw tooLarge();
      });
    await world.ports.destinations.forget(id);
    world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'no' : null);
    for (let row = 0; row < 9; row++) world.organization.create('parent', { name: 'bad' });
    await world.run(SECOND);
    expect(world.destination('one').size).toBe(0);
    world.database('one').constraint = () => null;
    await world.run(10 * SECOND);
    expect(world.destination('one').size).toBe(9);
    expect(world.log.named('breaker opened')).toEqual([]);
  });
});

describe('the size of merges', () => {
  const destination = () => ({}) as Destination;

  it('is the whole until a destination refuses it', () => {
    expect(mergeEntries(destination())).toBe(MERGE_MAX_ENTRIES);
  });

  it('halves what was refused, once for merges that were under way together', () => {
    const one = destination();
    const merge = { pages: 4, entries: 4_000, statementRows: MERGE_MAX_ENTRIES };
    expect([makeSmaller(one, merge), makeSmaller(one, merge)]).toEqual([true, true]);
    expect(mergeEntries(one)).toBe(2_000);
  });

  it('grows back step by step, and is refused nothing by a destination of its own', () => {
    const [one, other] = [destination(), destination()];
    makeSmaller(one, { pages: 1, entries: 4_000, statementRows: MERGE_MAX_ENTRIES });
    for (let merges = 1; merges < GROWS_AFTER_MERGES; merges++) mergeWorked(one);
    expect([mergeEntries(one), mergeEntries(other)]).toEqual([2_000, MERGE_MAX_ENTRIES]);
    mergeWorked(one);
    expect(mergeEntries(one)).toBe(4_000);
    for (let merges = 0; merges < GROWS_AFTER_MERGES; merges++) mergeWorked(one);
    expect(mergeEntries(one)).toBe(MERGE_MAX_ENTRIES);
  });

  it('ends with a single page in statements of the fewest rows', () => {
    const one = destination();
    let pages = 50;
    let entries = 5_000;
    let tries = 0;
    while (makeSmaller(one, { pages, entries, statementRows: statementRows(one) })) {
      pages = Math.max(1, Math.ceil(pages / 2));
      entries = pages * 100;
      if (++tries > 50) throw new Error('no end');
    }
    expect([pages, statementRows(one)]).toEqual([1, STATEMENT_MIN_ROWS]);
  });
});
