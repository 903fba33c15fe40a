import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../../shared/errors/error.ts';
import { RETRIES_CONTAINER } from '../../../../shared/export/apply/retry-blobs.ts';
import { PAGES_CONTAINER } from '../../../../shared/export/pages.ts';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';
import type { Encryption } from '../../../../shared/platform/encryption/port.ts';
import { VaultKeys } from '../../../../shared/platform/encryption/vault-keys.ts';
import { MemorySecrets } from '../../../../shared/platform/secrets/memory.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { failureBlobs } from './failures.ts';
import { MINUTE, SECOND, status } from './kit.ts';

const URL = 'https://freshet.vault.azure.net/secrets/data-key';
const MARK = 'a name to look for';

function withKey(fill: number): Encryption {
  const secrets = new MemorySecrets();
  secrets.set(URL, { value: Buffer.alloc(32, fill).toString('base64'), tags: {} });
  return new VaultKeys({ urls: [URL], secrets, clock: new VirtualClock() });
}

/** Encryption that can be changed, as a restart with other settings changes it. */
function changeable(first: Encryption) {
  const now = { encryption: first };
  const encryption: Encryption = {
    seal: (content) => now.encryption.seal(content),
    open: (content) => now.encryption.open(content),
  };
  return { now, encryption };
}

/** All that lies in pages, rows of the control database included, and retries. */
async function stored(world: World): Promise<string> {
  const texts: string[] = [];
  for (const container of [PAGES_CONTAINER, RETRIES_CONTAINER])
    for await (const { name } of world.blobs.list(container))
      texts.push(Buffer.from((await world.blobs.get(container, name)) ?? []).toString('latin1'));
  const pages = await world.control.feeds.pagesAfter({ organizationId: ORGANIZATION_ID, entity: 'parent' }, 0, 1_000);
  return texts.join() + JSON.stringify(pages);
}

async function withRecords(encryption?: Encryption) {
  const world = new World(encryption ? { encryption } : {});
  world.organization.create('parent', { name: MARK });
  for (let row = 0; row < 2_000; row++) world.organization.create('parent', { name: `${MARK} ${row}` });
  world.database('one').constraint = (_entity, _id, row) => (row?.name === MARK ? 'the check says no' : null);
  const id = await world.addProfile('one', { RetryPolicy: { MaxRetryCount: 1, IntervalInSeconds: 5 } });
  await world.run(MINUTE);
  return { world, id };
}

describe('with a data key', () => {
  it('pages and retries show nothing of the records, and failures do', async () => {
    const plain = await withRecords();
    expect(await stored(plain.world)).toContain(MARK);
    const { world, id } = await withRecords(withKey(1));
    expect(await stored(world)).not.toContain(MARK);
    expect(world.destination('one').size).toBe(2_000);
    const [json] = [...(await failureBlobs(world, id, 'data/')).values()];
    expect(json).toContain(MARK);
    world.database('one').constraint = () => null;
    world.organization.create('parent', { name: 'small page' });
    await world.run(SECOND);
    expect(world.destination('one').size).toBe(2_001);
  });

  it('a lost key costs a resync and no record', async () => {
    const { now, encryption } = changeable(withKey(1));
    const { world, id } = await withRecords(encryption);
    await world.control.profiles.update(id, { state: 'deactivated' });
    world.organization.create('parent', { name: 'under the old key' });
    await world.run(MINUTE);
    now.encryption = withKey(2);
    world.database('one').constraint = () => null;
    await world.control.profiles.update(id, { state: 'active' });
    await world.run(2 * MINUTE);
    expect(world.destination('one')).toEqual(world.source());
    expect((await status(world, id)).entity).toMatchObject({ FailureNotifications: 0, RetryNotifications: 0 });
  });

  it('a vault that is away holds everything up, blames no destination and loses nothing', async () => {
    const { now, encryption } = changeable(withKey(1));
    const { world, id } = await withRecords(encryption);
    const away = () => Promise.reject(new FreshetError('DATA_KEY_UNAVAILABLE', { reason: 'no answer' }));
    const before = now.encryption;
    now.encryption = { seal: away, open: away };
    world.organization.create('parent', { name: 'meanwhile' });
    await world.run(MINUTE);
    expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
    expect((await failureBlobs(world, id, 'failurelog/')).size).toBe(1);
    now.encryption = before;
    await world.run(MINUTE);
    expect([...world.destination('one').values()]).toContain('meanwhile');
  });
});
