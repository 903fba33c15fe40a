import { describe, expect, it } from 'vitest';
import type { Page } from '../../../shared/control/model.ts';
import { loadPages } from '../../../shared/export/apply/next-pages.ts';
import { turnOf } from '../../support/apply-turn.ts';
import { World } from '../../support/world.ts';

const MINUTE = 60_000;

const pageOf = (number: number, audience: string | null, body: Page['body']): Page => ({
  id: `p${number}`,
  previous: `p${number - 1}`,
  number,
  shape: 'a',
  audience,
  snapshotId: null,
  begins: false,
  ends: false,
  notifiedAt: null,
  readAt: 0,
  entries: 1,
  bytes: 10,
  body,
});

const TEXT = { text: '{"rows":[["a"]],"deletions":[]}' };
const LOST = { blob: 'lost.json', sha256: '' };

describe('pages addressed to another profile', () => {
  it('are passed by without loading them, and without being taken for an export', async () => {
    const world = new World();
    for (let row = 0; row < 1_000; row++) world.organization.create('parent', { name: `row ${row}` });
    const one = await world.addProfile('one');
    await world.run(MINUTE);
    const [before] = await world.control.profiles.subscriptions(one);
    const loaded: string[] = [];
    const get = world.blobs.get.bind(world.blobs);
    world.blobs.get = async (container, name) => {
      if (container === 'pages') loaded.push(name);
      return get(container, name);
    };
    await world.addProfile('two');
    await world.run(MINUTE);
    expect(world.destination('two').size).toBe(1_000);
    expect(loaded).toHaveLength(new Set(loaded).size);
    const [after] = await world.control.profiles.subscriptions(one);
    expect(after?.page).toBe(after?.tail);
    expect(after?.number).toBeGreaterThan(before?.number ?? 0);
    expect(after?.lastExportAt).toBe(before?.lastExportAt);
  });

  it('are not missed when their content is gone', async () => {
    const world = new World();
    const turn = await turnOf(world, await world.addProfile('one'));
    const me = turn.profile.id;
    const chain = [pageOf(1, null, TEXT), pageOf(2, 'other', LOST), pageOf(3, me, TEXT), pageOf(4, 'other', LOST)];
    const loaded = await loadPages(turn, chain);
    expect(loaded.pages).toEqual(chain);
    expect(loaded.contents.map(({ page }) => page.number)).toEqual([1, 3]);
  });

  it('are followed up to the first page of the profile’s own that is lost', async () => {
    const world = new World();
    const turn = await turnOf(world, await world.addProfile('one'));
    const chain = [pageOf(1, 'other', LOST), pageOf(2, null, TEXT), pageOf(3, null, LOST), pageOf(4, null, TEXT)];
    const loaded = await loadPages(turn, chain);
    expect(loaded.pages.map(({ number }) => number)).toEqual([1, 2]);
    expect(loaded.contents.map(({ page }) => page.number)).toEqual([2]);
    expect((await loadPages(turn, chain.slice(2))).pages).toEqual([]);
  });
});
