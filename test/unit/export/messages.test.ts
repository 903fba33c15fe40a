import { describe, expect, it } from 'vitest';
import { feedBell, profileBell } from '../../../shared/control/model.ts';
import { ringLater } from '../../../shared/export/bells.ts';
import { parseApplyMessage, parseReadMessage } from '../../../shared/export/messages.ts';
import { MemoryLog } from '../../../shared/platform/log/memory.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';

const FEED = { organizationId: ORGANIZATION_ID, entity: 'new_account2' };
const PROFILE = { profileId: '7f3b8c52-9d1e-4a6b-8c2d-1e5f7a9b3c4d' };

const OF_NO_QUEUE = [null, undefined, 'this is no JSON', 7, [], {}, { proof: false }];

describe('a message of our own', () => {
  it('is read as it was sent', async () => {
    const world = new World();
    await ringLater(world.ports, feedBell(FEED), 1_000);
    await ringLater(world.ports, profileBell(PROFILE.profileId), 1_000);
    const [[read], [apply]] = [world.queues.waiting('reads'), world.queues.waiting('applies')];
    expect(parseReadMessage(world.log, read?.body)).toEqual({ ...FEED, ring: true });
    expect(parseApplyMessage(world.log, apply?.body)).toEqual({ ...PROFILE, ring: true });
    expect(parseReadMessage(world.log, FEED)).toEqual(FEED);
    expect(parseApplyMessage(world.log, PROFILE)).toEqual(PROFILE);
    expect(world.log.events).toEqual([]);
  });

  it.each([
    ...OF_NO_QUEUE,
    PROFILE,
    { ...FEED, organizationId: 'contoso' },
    { ...FEED, organizationId: 7 },
    { ...FEED, entity: '' },
    { ...FEED, entity: 'a/b' },
    { ...FEED, entity: 'a\u0000' },
    { ...FEED, ring: 'yes' },
  ])('of reads that is none (%j) is dropped, and the log says why', (body) => {
    const log = new MemoryLog();
    expect(parseReadMessage(log, body)).toBeNull();
    expect(log.named('message dropped')).toMatchObject([{ level: 'error', fields: { queue: 'reads' } }]);
    expect(log.events[0]?.fields.reason).toMatch(/^(body|organizationId|entity|ring): \S/);
  });

  it.each([...OF_NO_QUEUE, FEED, { profileId: 'one' }, { profileId: null }, { ...PROFILE, ring: 1 }])(
    'of applies that is none (%j) is dropped, and the log says why',
    (body) => {
      const log = new MemoryLog();
      expect(parseApplyMessage(log, body)).toBeNull();
      expect(log.named('message dropped')).toMatchObject([{ level: 'error', fields: { queue: 'applies' } }]);
      expect(log.events[0]?.fields.reason).toMatch(/^(body|profileId|ring): \S/);
    },
  );

  it('that is none holds up nobody', async () => {
    const world = new World();
    world.organization.create('parent', { name: 'one' });
    await world.queues.send('reads', [{ body: { nonsense: true } }]);
    await world.queues.send('applies', [{ body: { nonsense: true } }]);
    await world.addProfile('one');
    await world.run(10_000);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.log.named('message dropped')).toHaveLength(2);
  });
});
