import { describe, expect, it } from 'vitest';
import { readDefinition } from '../../../local/dataverse/model/read-definition.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import { deactivateProfile, getProfile } from '../../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function seeded(world: World, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => world.organization.create('parent', { name: `row ${index}` }).self.id,
  );
}

async function status(world: World, profileId: string) {
  const profile = await getProfile(world.ports, [ORGANIZATION_ID], profileId, true);
  const entity = profile.Entities[0]?.Status;
  if (!entity || !profile.Status) throw new Error('no status');
  return { profile: profile.Status, entity };
}

describe('a first synchronization', () => {
  it('copies every row, also over many pages, and says so', async () => {
    const world = new World({ pageRows: 3 });
    seeded(world, 20);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('one').size).toBe(20);
    const { entity } = await status(world, id);
    expect(entity).toMatchObject({
      InitialSyncState: 'Completed',
      TotalNotifications: 20,
      SuccessNotifications: 20,
      FailureNotifications: 0,
    });
  });

  it('of an empty entity is complete', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    expect((await status(world, id)).entity).toMatchObject({ InitialSyncState: 'Completed', TotalNotifications: 0 });
  });
});

describe('a change', () => {
  it.each(['create', 'update', 'delete'] as const)('(%s) follows within a second', async (kind) => {
    const world = new World();
    const [first = ''] = seeded(world, 3);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    if (kind === 'create') world.organization.create('parent', { name: 'new' });
    if (kind === 'update') world.organization.update('parent', first, { name: 'changed' });
    if (kind === 'delete') world.organization.delete('parent', first);
    await world.run(SECOND);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('that no notification tells of follows by the sweep', async () => {
    const world = new World({ notifications: false });
    const [first = ''] = seeded(world, 3);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    world.organization.update('parent', first, { name: 'changed' });
    world.organization.delete('parent', [...world.source().keys()][1] ?? '');
    await world.run(2 * MINUTE);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('that hides behind an open transaction of the source follows after its commit', async () => {
    const world = new World();
    const [first = ''] = seeded(world, 3);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    const transaction = world.organization.begin();
    transaction.update('parent', first, { name: 'hidden' });
    await world.queues.send('notifications', [
      { body: { OrganizationId: ORGANIZATION_ID, PrimaryEntityName: 'parent', MessageName: 'Update' } },
    ]);
    await world.run(3 * SECOND);
    expect(world.destination('one').get(first)).toBe('row 0');
    transaction.commit();
    await world.run(5 * SECOND);
    expect(world.destination('one').get(first)).toBe('hidden');
  });
});

describe('during a snapshot', () => {
  it('a row changed and another deleted on a page already read are right in the end', async () => {
    const world = new World({ pageRows: 2, notifications: false });
    const ids = seeded(world, 12).toSorted();
    let reads = 0;
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        const page = await source.read(entity, from, maxRows);
        if (from.kind === 'rows' || from.kind === 'next') reads++;
        // The keys took six requests: now the snapshot is on its third page.
        if (reads === 9) {
          world.organization.update('parent', ids[0] ?? '', { name: 'changed meanwhile' });
          world.organization.delete('parent', ids[1] ?? '');
        }
        return page;
      },
    });
    await world.addProfile('one');
    await world.run(3 * MINUTE);
    expect(reads).toBeGreaterThan(9);
    expect(world.destination('one').get(ids[0] ?? '')).toBe('changed meanwhile');
    expect(world.destination('one').has(ids[1] ?? '')).toBe(false);
    expect(world.destination('one')).toEqual(world.source());
  });

  it('a second profile may join while a read is under way, and both end equal to the source', async () => {
    const world = new World({ pageRows: 2 });
    seeded(world, 30);
    await world.addProfile('one');
    let joined = false;
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        const page = await source.read(entity, from, maxRows);
        if (from.kind === 'next' && !joined) {
          joined = true;
          await world.addProfile('two');
        }
        return page;
      },
    });
    await world.run(30 * SECOND);
    expect(joined).toBe(true);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('two')).toEqual(world.source());
  });
});

describe('a row deleted and made again with the same id', () => {
  it.each([
    ['both', 1],
    ['both', 100],
    ['row', 1],
    ['row', 100],
  ] as const)('stays (listed as %s, pages of %i)', async (recreated, pageRows) => {
    const world = new World({ pageRows, variants: { recreated } });
    const ids = seeded(world, 6);
    await world.addProfile('one');
    await world.run(20 * SECOND);
    for (const id of ids.slice(0, 4)) {
      world.organization.delete('parent', id);
      world.organization.create('parent', { name: `again ${id}` }, { id });
    }
    await world.run(30 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('one').get(ids[0] ?? '')).toBe(`again ${ids[0]}`);
  });
});

describe('a deleted row', () => {
  it('does not come back by a retry that waits for its turn', async () => {
    const world = new World();
    const [first = ''] = seeded(world, 3);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'not allowed' : null);
    world.organization.update('parent', first, { name: 'bad' });
    await world.run(SECOND);
    expect(world.destination('one').get(first)).toBe('row 0');
    world.organization.delete('parent', first);
    world.database('one').constraint = () => null;
    await world.run(MINUTE);
    expect(world.destination('one').has(first)).toBe(false);
  });

  it('does not come back by a resync that runs meanwhile', async () => {
    const world = new World({ pageRows: 2 });
    const ids = seeded(world, 10);
    await world.addProfile('one');
    await world.run(20 * SECOND);
    world.organization.expireTokens();
    world.organization.delete('parent', ids[3] ?? '');
    await world.run(2 * MINUTE);
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('one').size).toBe(9);
  });
});

describe('a record that the destination refuses', () => {
  it('lets its neighbours pass, is tried again, and arrives when the cause is mended', async () => {
    const world = new World();
    seeded(world, 5);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'the check says no' : null);
    const bad = world.organization.create('parent', { name: 'bad' }).self.id;
    const good = world.organization.create('parent', { name: 'good' }).self.id;
    await world.run(SECOND);
    expect(world.destination('one').has(good)).toBe(true);
    expect(world.destination('one').has(bad)).toBe(false);
    expect((await status(world, id)).entity).toMatchObject({ RetryNotifications: 1, FailureNotifications: 0 });
    world.database('one').constraint = () => null;
    await world.run(6 * SECOND);
    expect(world.destination('one').get(bad)).toBe('bad');
    expect((await status(world, id)).entity).toMatchObject({
      RetryNotifications: 0,
      SuccessNotifications: 7,
      TotalNotifications: 7,
    });
  });

  it('is a failed record once its attempts are used up, with its JSON and one line in the log', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = () => 'the check says no';
    const bad = world.organization.create('parent', { name: 'bad' }).self.id;
    await world.run(30 * SECOND);
    expect((await status(world, id)).entity).toMatchObject({ RetryNotifications: 0, FailureNotifications: 1 });
    const names: string[] = [];
    for await (const { name } of world.blobs.list(`failures-${id}`)) names.push(name);
    const line = names.find((name) => name.startsWith('failurelog/2026/01/01/00/')) ?? '';
    expect(names.some((name) => name.startsWith(`data/parent/${bad}`))).toBe(true);
    expect(Buffer.from((await world.blobs.get(`failures-${id}`, line)) ?? []).toString()).toMatch(
      new RegExp(
        `^Entity: parent, RecordId: ${bad}, NotificationTime: 1/1/2026 .*, ChangeType: New, FailureReason: the check says no\n$`,
      ),
    );
  });

  it('is a failed record in the end also when many are refused together', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'the check says no' : null);
    for (let count = 0; count < 30; count++) world.organization.create('parent', { name: 'bad' });
    world.organization.create('parent', { name: 'good' });
    await world.run(MINUTE);
    expect((await status(world, id)).entity).toMatchObject({ RetryNotifications: 0, FailureNotifications: 30 });
    expect((await status(world, id)).profile).toMatchObject({ ExportStatus: 'Running' });
  });

  it('that fits no column is refused without asking the database', async () => {
    const world = new World();
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    world.organization.create('parent', { name: 'a\u0000b' });
    world.organization.create('parent', { name: 'fine' });
    await world.run(SECOND);
    expect(world.destination('one').size).toBe(1);
    expect((await status(world, id)).entity.RetryNotifications).toBe(1);
  });
});

describe('a destination that cannot be used', () => {
  it('holds up its own profile only, says so, and is caught up with by a probe', async () => {
    const world = new World();
    seeded(world, 3);
    const dead = await world.addProfile('dead');
    await world.addProfile('alive');
    await world.run(10 * SECOND);
    let down = true;
    world.wrapDestination = (destination, name) =>
      new Proxy(destination, {
        get: (target, property, receiver) => {
          const value = Reflect.get(target, property, receiver);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            if (name === 'dead' && down && property !== 'close' && property !== 'refusal')
              throw new FreshetError('DESTINATION_FULL', { text: 'the disk is full' });
            return Reflect.apply(value, target, args);
          };
        },
      });
    await world.ports.destinations.forget(dead);
    world.organization.create('parent', { name: 'while down' });
    await world.run(2 * SECOND);
    expect(world.destination('alive')).toEqual(world.source());
    expect(world.destination('dead').size).toBe(3);
    const { profile, entity } = await status(world, dead);
    expect(profile).toMatchObject({ ExportStatus: 'Waiting', ErrorDetails: { Code: 'DESTINATION_FULL' } });
    expect(entity.FailureNotifications + entity.RetryNotifications).toBe(0);
    down = false;
    await world.run(90 * SECOND);
    expect(world.destination('dead')).toEqual(world.source());
    expect((await status(world, dead)).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
  });

  it('says so, too, when it does not answer and each question uses up its time', async () => {
    const world = new World();
    seeded(world, 3);
    const dead = await world.addProfile('dead');
    await world.run(10 * SECOND);
    world.wrapDestination = (destination) =>
      new Proxy(destination, {
        get: (target, property, receiver) => {
          const value = Reflect.get(target, property, receiver);
          if (typeof value !== 'function') return value;
          if (property === 'close' || property === 'refusal') return value.bind(target);
          return async () => {
            await world.clock.sleep(5 * SECOND);
            throw new FreshetError('DESTINATION_UNAVAILABLE', { text: 'silent' });
          };
        },
      });
    await world.ports.destinations.forget(dead);
    world.organization.create('parent', { name: 'while it hangs' });
    await world.run(30 * SECOND);
    expect((await status(world, dead)).profile).toMatchObject({
      ExportStatus: 'Waiting',
      ErrorDetails: { Code: 'DESTINATION_UNAVAILABLE' },
    });
  });
});

describe('what breaks the chain is healed by a resync', () => {
  async function ready() {
    const world = new World({ pageRows: 4 });
    const ids = seeded(world, 10);
    await world.addProfile('one');
    await world.addProfile('two');
    await world.run(20 * SECOND);
    return { world, ids };
  }

  const change = (world: World, ids: string[], round: number) => {
    world.organization.update('parent', ids[round] ?? '', { name: `round ${round}` });
    world.organization.delete('parent', ids[9 - round] ?? '');
    world.organization.create('parent', { name: `made in ${round}` });
  };

  const bothEqual = (world: World) => {
    expect(world.destination('one')).toEqual(world.source());
    expect(world.destination('two')).toEqual(world.source());
  };

  it('a destination restored to an earlier state', async () => {
    const { world, ids } = await ready();
    const backup = world.database('one').snapshot();
    change(world, ids, 0);
    await world.run(5 * SECOND);
    world.database('one').restore(backup);
    await world.run(2 * MINUTE);
    bothEqual(world);
  });

  it('the control database restored to an earlier state', async () => {
    const { world, ids } = await ready();
    const backup = world.control.snapshot();
    change(world, ids, 0);
    await world.run(5 * SECOND);
    change(world, ids, 1);
    await world.run(5 * SECOND);
    world.control.restore(backup);
    change(world, ids, 2);
    await world.run(3 * MINUTE);
    bothEqual(world);
  });

  it('a lost page', async () => {
    const world = new World();
    const ids = seeded(world, 10);
    await world.addProfile('one');
    await world.addProfile('two');
    await world.run(20 * SECOND);
    seeded(world, 1000);
    const whole = world.blobs.get.bind(world.blobs);
    let lost = 0;
    world.blobs.get = async (container, name) => (container === 'pages' && lost++ < 2 ? null : whole(container, name));
    change(world, ids, 0);
    await world.run(3 * MINUTE);
    expect(lost).toBeGreaterThan(2);
    expect(world.log.named('resync queued').some(({ fields }) => fields.why === 'a page is lost')).toBe(true);
    bothEqual(world);
  });

  it('Freshet’s own tables dropped by hand', async () => {
    const { world, ids } = await ready();
    const area = world.database('one').area({ schema: 'dbo', prefix: '' });
    area.own = null;
    area.tables.clear();
    change(world, ids, 0);
    await world.run(2 * MINUTE);
    bothEqual(world);
  });

  it('an entity table dropped by hand', async () => {
    const { world, ids } = await ready();
    world.database('one').area({ schema: 'dbo', prefix: '' }).tables.delete('parent');
    change(world, ids, 0);
    await world.run(2 * MINUTE);
    bothEqual(world);
  });
});

describe('a profile that was deactivated', () => {
  it('goes on without loss when it is activated again', async () => {
    const world = new World();
    const ids = seeded(world, 5);
    const id = await world.addProfile('one');
    await world.run(10 * SECOND);
    await deactivateProfile(world.ports, [ORGANIZATION_ID], id);
    world.organization.delete('parent', ids[0] ?? '');
    world.organization.create('parent', { name: 'meanwhile' });
    await world.run(5 * MINUTE);
    expect(world.destination('one').size).toBe(5);
    expect(world.destination('one').has(ids[0] ?? '')).toBe(true);
    await world.activate(id);
    await world.run(10 * SECOND);
    expect(world.destination('one')).toEqual(world.source());
  });
});

describe('an attribute that appears later', () => {
  it('becomes a column, and is filled also in rows that did not change', async () => {
    const world = new World();
    seeded(world, 4);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    const table = world.organization.table('parent');
    const definition = readDefinition({
      LogicalName: 'parent',
      SchemaName: 'Parent',
      EntitySetName: 'parents',
      PrimaryIdAttribute: 'parentid',
      PrimaryNameAttribute: 'name',
      OwnershipType: 'None',
      Attributes: [
        { LogicalName: 'parentid', SchemaName: 'ParentId', AttributeTypeName: 'UniqueidentifierType' },
        { LogicalName: 'name', SchemaName: 'Name', AttributeTypeName: 'StringType', MaxLength: 80 },
        { LogicalName: 'amount', SchemaName: 'Amount', AttributeTypeName: 'IntegerType' },
        { LogicalName: 'later', SchemaName: 'Later', AttributeTypeName: 'StringType', MaxLength: 20 },
        { LogicalName: 'versionnumber', SchemaName: 'VersionNumber', AttributeTypeName: 'BigIntType' },
      ],
    });
    world.organization.define(definition);
    expect(table.definition.logicalName).toBe('parent');
    world.organization.create('parent', { name: 'n'.repeat(80), later: 'here' });
    await world.run(2 * MINUTE);
    const columns = world.database('one').area({ schema: 'dbo', prefix: '' }).tables.get('parent')?.columns;
    expect(columns?.get('later')).toMatchObject({ type: 'string', length: 20 });
    expect(columns?.get('name')).toMatchObject({ length: 80 });
    expect(world.destination('one')).toEqual(world.source());
  });
});
