import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../shared/errors/error.ts';
import { RETRIES_CONTAINER } from '../../../shared/export/apply/retry-blobs.ts';
import { failuresContainer, UNKNOWN_FAILURES_CONTAINER } from '../../../shared/export/failures/folders.ts';
import { PAGE_INLINE_MAX_BYTES, PAGES_CONTAINER } from '../../../shared/export/pages.ts';
import { deleteProfile } from '../../../shared/export/profiles/profiles.ts';
import { cleanUp } from '../../../shared/export/sweep.ts';
import type { World } from '../../support/world.ts';
import { ORGANIZATION_ID } from '../../support/world.ts';
import { createdProfile, MINUTE, SECOND } from './activating.ts';

const DAY = 86_400 * SECOND;
const UNKNOWN = '99999999-9999-4999-8999-999999999999';

async function namesIn(world: World, container: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of world.blobs.list(container)) names.push(name);
  return names.toSorted();
}

async function containers(world: World): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of world.blobs.containers('')) names.push(name);
  return names;
}

const put = (world: World, container: string, name: string) => world.blobs.put(container, name, new Uint8Array(1));

/** An active profile with one record that its destination refuses, and so one retry. */
async function withRetry(): Promise<{ world: World; id: string; retry: string }> {
  const { world, id } = await createdProfile();
  world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'no' : null);
  await world.activate(id);
  await world.run(10 * SECOND);
  world.organization.create('parent', { name: 'bad' });
  await world.run(30 * SECOND);
  const [retry = ''] = await namesIn(world, RETRIES_CONTAINER);
  expect(retry).toMatch(new RegExp(`^${id}/parent/`));
  return { world, id, retry };
}

/** More than fits beside the rows of the control database, so that pages are blobs. */
function createManyRows(world: World): void {
  for (let row = 0; row < PAGE_INLINE_MAX_BYTES / 40; row++)
    world.organization.create('parent', { name: 'n'.repeat(40) });
}

describe('a profile that is deleted', () => {
  it('takes its failures and retries along at once, its pages with the last that needs them, and leaves its tables', async () => {
    const { world, id } = await withRetry();
    const other = await world.addProfile('two');
    createManyRows(world);
    await world.run(30 * SECOND);
    expect(await containers(world)).toContain(failuresContainer(id));
    const rows = world.destination('one').size;
    await deleteProfile(world.ports, [ORGANIZATION_ID], id);
    expect(await containers(world)).not.toContain(failuresContainer(id));
    expect(await namesIn(world, RETRIES_CONTAINER)).toEqual([]);
    expect((await namesIn(world, PAGES_CONTAINER)).length).toBeGreaterThan(0);
    await deleteProfile(world.ports, [ORGANIZATION_ID], other);
    expect(await namesIn(world, PAGES_CONTAINER)).toEqual([]);
    expect([world.destination('one').size, world.destination('two').size]).toEqual([rows, rows + 1]);
  });
});

describe('the clean-up', () => {
  it('removes blobs that no row names once they are a day old, and keeps young and named ones', async () => {
    const { world, id, retry } = await withRetry();
    createManyRows(world);
    await world.run(30 * SECOND);
    const named = await namesIn(world, PAGES_CONTAINER);
    expect(named.length).toBeGreaterThan(0);
    await put(world, PAGES_CONTAINER, 'old.json');
    await put(world, RETRIES_CONTAINER, `${id}/parent/old.json`);
    await world.clock.advance(DAY + SECOND);
    await put(world, PAGES_CONTAINER, 'young.json');
    await put(world, RETRIES_CONTAINER, `${id}/parent/young.json`);
    await cleanUp(world.ports);
    expect(await namesIn(world, PAGES_CONTAINER)).toEqual([...named, 'young.json'].toSorted());
    expect(await namesIn(world, RETRIES_CONTAINER)).toEqual([retry, `${id}/parent/young.json`].toSorted());
  });

  it('removes the retries and failures of profiles that are no more, once they are a day old', async () => {
    const { world, id, retry } = await withRetry();
    const kept = [failuresContainer(id), UNKNOWN_FAILURES_CONTAINER, 'failures-of-somebody-else'];
    for (const container of [...kept, failuresContainer(UNKNOWN)]) await put(world, container, 'failurelog/one.txt');
    await put(world, RETRIES_CONTAINER, `${UNKNOWN}/parent/left.json`);
    await cleanUp(world.ports);
    expect(await containers(world)).toContain(failuresContainer(UNKNOWN));
    expect(await namesIn(world, RETRIES_CONTAINER)).toEqual([retry, `${UNKNOWN}/parent/left.json`].toSorted());
    await world.clock.advance(DAY + SECOND);
    await cleanUp(world.ports);
    expect(await containers(world)).toEqual(expect.arrayContaining(kept));
    expect(await containers(world)).not.toContain(failuresContainer(UNKNOWN));
    expect(await namesIn(world, RETRIES_CONTAINER)).toEqual([retry]);
  });

  it('keeps what belongs to a profile of an organization that is not served just now', async () => {
    const { world, id, retry } = await withRetry();
    await put(world, failuresContainer(id), 'failurelog/one.txt');
    await world.clock.advance(DAY + SECOND);
    await cleanUp({ ...world.ports, organizations: new Map() });
    expect(await namesIn(world, RETRIES_CONTAINER)).toEqual([retry]);
    expect(await containers(world)).toContain(failuresContainer(id));
  });

  it('leaves nothing of a profile whose deletion a worker overtook', async () => {
    const { world, id, retry } = await withRetry();
    await deleteProfile(world.ports, [ORGANIZATION_ID], id);
    await put(world, RETRIES_CONTAINER, retry);
    await put(world, failuresContainer(id), 'failurelog/late.txt');
    await world.clock.advance(DAY + SECOND);
    await cleanUp(world.ports);
    expect(await namesIn(world, RETRIES_CONTAINER)).toEqual([]);
    expect(await containers(world)).not.toContain(failuresContainer(id));
  });

  it('removes failures that are older than 30 days from every folder, and nothing of others', async () => {
    const { world, id, retry } = await withRetry();
    const names = [
      'data/parent/1.json',
      'failurelog/2026/01/01/00/1.txt',
      'unprocessablemessages/2026/01/01/00/1.json',
    ];
    const own = [failuresContainer(id), UNKNOWN_FAILURES_CONTAINER];
    for (const container of [...own, 'failures-of-somebody-else'])
      for (const name of names) await put(world, container, name);
    await world.clock.advance(29 * DAY);
    await put(world, failuresContainer(id), 'failurelog/2026/01/30/00/2.txt');
    await cleanUp(world.ports);
    for (const container of own) expect(await namesIn(world, container)).toEqual(expect.arrayContaining(names));
    await world.clock.advance(DAY + MINUTE);
    await cleanUp(world.ports);
    expect(await namesIn(world, failuresContainer(id))).toEqual(['failurelog/2026/01/30/00/2.txt']);
    expect(await namesIn(world, UNKNOWN_FAILURES_CONTAINER)).toEqual([]);
    expect(await namesIn(world, 'failures-of-somebody-else')).toEqual(names);
    // The record can still be tried again.
    expect(await namesIn(world, RETRIES_CONTAINER)).toEqual([retry]);
  });

  it('goes on with the others when a destination cannot be asked', async () => {
    const { world, id } = await withRetry();
    await put(world, failuresContainer(UNKNOWN), 'failurelog/one.txt');
    await world.clock.advance(DAY + SECOND);
    const unreachable = () => Promise.reject(new FreshetError('DESTINATION_UNAVAILABLE', { text: 'no answer' }));
    await cleanUp({ ...world.ports, destinations: { ...world.ports.destinations, of: unreachable } });
    expect(world.log.named('retries not cleaned up')).toMatchObject([{ fields: { profileId: id } }]);
    expect(await containers(world)).not.toContain(failuresContainer(UNKNOWN));
  });
});
