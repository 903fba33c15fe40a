import { describe, expect, it } from 'vitest';
import { readDefinition } from '../../../../local/dataverse/model/read-definition.ts';
import type { Cell } from '../../../../shared/dataverse/columns.ts';
import { FreshetError } from '../../../../shared/errors/error.ts';
import { pause } from '../../../../shared/export/profiles/actions.ts';
import { deactivateProfile } from '../../../../shared/export/profiles/profiles.ts';
import { reconcileDue } from '../../../../shared/export/reconcile/reconcile.ts';
import { lastReconciliation, reconcile } from '../../../../shared/export/reconcile/request.ts';
import { sweep } from '../../../../shared/export/sweep.ts';
import { ORGANIZATION_ID, World, type WorldOptions } from '../../../support/world.ts';
import { CHILD, PARENT } from '../../../support/world-entities.ts';
import { MINUTE, SECOND, seeded } from './kit.ts';

const administered = [ORGANIZATION_ID];
const ROWS = 40;
/** Longer than what differs is looked at before it is told. */
const SETTLED = 2 * MINUTE;

const request = (profileId: string, entity?: string) => ({ administered, profileId, entity });
const report = (world: World, id: string) => lastReconciliation(world.ports, administered, id);
const rowsOf = (world: World, entity = 'parent') => {
  const rows = world.database('one').area({ schema: 'dbo', prefix: '' }).tables.get(entity)?.rows;
  if (!rows) throw new Error(`no table ${entity}`);
  return rows;
};

async function exported(options: WorldOptions = {}) {
  const world = new World({ pageRows: 7, ...options });
  const ids = seeded(world, ROWS);
  const id = await world.addProfile('one');
  await world.run(30 * SECOND);
  expect(world.destination('one')).toEqual(world.source());
  return { world, id, ids };
}

/** Changes a value, takes a row away and adds one, all by hand in the destination. */
function tamper(world: World, [changed = '', removed = '']: readonly string[]) {
  const rows = rowsOf(world);
  const row = rows.get(changed);
  if (!row) throw new Error('nothing to change');
  rows.set(changed, { ...row, cells: { ...row.cells, name: 'by hand' } });
  rows.delete(removed);
  const added = '0a0a0a0a-0000-4000-8000-000000000001';
  rows.set(added, { ...row, id: added, cells: { ...row.cells, parentid: added } });
  return { changed, removed, added };
}

async function reconciled(world: World, id: string, { heal = false, ms = SETTLED } = {}) {
  await reconcile(world.ports, request(id), heal);
  await world.run(ms);
  return report(world, id);
}

describe('a reconciliation', () => {
  it('finds count and checksum of both sides equal', async () => {
    const { world, id } = await exported();
    const { State, Equal, Entities, ErrorDetails } = await reconciled(world, id);
    expect({ State, Equal, ErrorDetails }).toEqual({ State: 'Completed', Equal: true, ErrorDetails: null });
    const result = Entities[0]?.Result;
    expect(result).toMatchObject({ SourceRows: ROWS, DestinationRows: ROWS, DifferenceCount: 0, Complete: true });
    expect(result?.SourceChecksum).toBe(result?.DestinationChecksum);
    expect(result?.SourceChecksum).not.toBe('0'.repeat(16));
    expect(result?.DifferingKeyRanges).toEqual([]);
  });

  it('lists what differs by kind and column, and the key ranges in which it lies', async () => {
    const { world, id, ids } = await exported();
    const { changed, removed, added } = tamper(world, ids);
    const { State, Equal, Entities } = await reconciled(world, id);
    expect({ State, Equal }).toEqual({ State: 'Completed', Equal: false });
    const { Result: result } = Entities[0] ?? {};
    expect(result?.Differences.toSorted((a, b) => (a.Kind < b.Kind ? -1 : 1))).toEqual([
      { RecordId: changed, Kind: 'Different', Columns: ['name'], Refused: false },
      { RecordId: added, Kind: 'Extra', Columns: [], Refused: false },
      { RecordId: removed, Kind: 'Missing', Columns: [], Refused: false },
    ]);
    expect(result).toMatchObject({ SourceRows: ROWS, DestinationRows: ROWS, Missing: 1, Extra: 1, Different: 1 });
    const inside = (record: string) =>
      result?.DifferingKeyRanges.some(({ From, To }) => From <= record && record <= To) ?? false;
    expect([changed, removed, added].map(inside)).toEqual([true, true, true]);
    // Nothing was written for it.
    expect(world.destination('one').get(changed)).toBe('by hand');
  });

  it('heals what differs through the feed when it is asked to', async () => {
    const { world, id, ids } = await exported();
    tamper(world, ids);
    const { Entities } = await reconciled(world, id, { heal: true });
    expect(Entities[0]).toMatchObject({ State: 'Different', ResyncQueued: true });
    expect(world.destination('one')).toEqual(world.source());
    expect((await reconciled(world, id, { heal: true })).Entities[0]).toMatchObject({
      State: 'Equal',
      ResyncQueued: false,
    });
  });

  it('tells nothing of what is under way', async () => {
    const { world, id, ids } = await exported({ notifications: false });
    const touch = (index: number) => {
      const [first = '', second = ''] = [ids[index % ROWS], ids[(index * 7) % ROWS]];
      if (world.organization.find('parent', first)) world.organization.update('parent', first, { name: `v${index}` });
      if (index % 5 === 0 && world.organization.find('parent', second)) world.organization.delete('parent', second);
      world.organization.create('parent', { name: `new ${index}` });
    };
    let reads = 0;
    world.wrapSource = (source) => ({
      ...source,
      read: async (...args) => {
        if (reads < 60) touch(reads++);
        return source.read(...args);
      },
      readByIds: async (...args) => {
        const rows = await source.readByIds(...args);
        if (reads < 60) touch(reads++);
        return rows;
      },
    });
    await reconcile(world.ports, request(id), false);
    await world.run(5 * MINUTE);
    const { State, Equal, Entities } = await report(world, id);
    expect(reads).toBeGreaterThan(20);
    expect({ State, Equal, differences: Entities[0]?.Result?.Differences }).toEqual({
      State: 'Completed',
      Equal: true,
      differences: [],
    });
  });

  it('tells nothing of changes that hide behind an open transaction of the source', async () => {
    const { world, id, ids } = await exported();
    const [locked = '', changed = '', deleted = ''] = ids;
    const transaction = world.organization.begin();
    transaction.update('parent', locked, { name: 'hides what comes after' });
    world.organization.update('parent', changed, { name: 'hidden' });
    world.organization.delete('parent', deleted);
    await reconcile(world.ports, request(id), false);
    await world.run(50 * SECOND);
    expect(world.destination('one').get(changed)).toBe('row 1');
    expect(await report(world, id)).toMatchObject({ State: 'InProgress', Equal: null });
    transaction.commit();
    await world.run(MINUTE);
    expect(await report(world, id)).toMatchObject({ State: 'Completed', Equal: true });
  });

  it('tells nothing of changes that were not read yet, however long that takes', async () => {
    const { world, id, ids } = await exported();
    let readable = false;
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        if (from.kind === 'changes' && !readable) throw new FreshetError('SOURCE_UNAVAILABLE', { reason: 'no answer' });
        return source.read(entity, from, maxRows);
      },
    });
    world.organization.update('parent', ids[0] ?? '', { name: 'unread' });
    await reconcile(world.ports, request(id), false);
    await world.run(4 * MINUTE);
    expect(await report(world, id)).toMatchObject({ State: 'InProgress', Equal: null });
    readable = true;
    await world.run(3 * MINUTE);
    expect(await report(world, id)).toMatchObject({ State: 'Completed', Equal: true });
  });

  it('tells nothing of what a full read for all is still to bring, however long that takes', async () => {
    const { world, id, ids } = await exported();
    let whose: 'feed' | 'reconciliation' = 'feed';
    const unreadable = async () => Promise.reject(new FreshetError('SOURCE_UNAVAILABLE', { reason: 'no answer' }));
    world.wrapSource = (source) =>
      whose === 'reconciliation'
        ? source
        : { ...source, read: (...asked) => (asked[1].kind === 'rows' ? unreadable() : source.read(...asked)) };
    for (const row of ids) world.organization.update('parent', row, { name: 'lost with the cursor' });
    world.organization.expireTokens('parent');
    world.sweeping = false;
    const goOn = async () => {
      for (let round = 0; round < 15; round++) {
        await sweep(world.ports);
        await world.run(10 * SECOND);
        whose = 'reconciliation';
        await world.awake(reconcileDue(world.ports));
        whose = 'feed';
      }
    };
    await reconcile(world.ports, request(id), true);
    await goOn();
    expect(await report(world, id)).toMatchObject({ State: 'InProgress', Equal: null });
    world.wrapSource = (source) => source;
    await goOn();
    expect(await report(world, id)).toMatchObject({ State: 'Completed', Equal: true });
  });

  it('tells nothing of what a new definition fills without a version, before the feed has seen it', async () => {
    const code = { LogicalName: 'code', SchemaName: 'Code', AttributeTypeName: 'IntegerType' };
    const define = (world: World, MetadataId: string) => {
      const Attributes = [...PARENT.Attributes, { ...code, MetadataId }];
      world.organization.define(readDefinition({ ...PARENT, Attributes }));
    };
    const world = new World({ notifications: false });
    define(world, crypto.randomUUID());
    const [first = ''] = seeded(world, ROWS);
    const id = await world.addProfile('one');
    await world.run(30 * SECOND);
    let made = 0;
    world.wrapSource = (source) => ({
      ...source,
      readByIds: (...asked) => {
        if (made++ === 0) {
          define(world, crypto.randomUUID());
          const table = world.organization.table('parent');
          for (const { cells } of table.rows.values()) (cells as Cell[])[table.slotOf('code')] = 7;
        }
        return source.readByIds(...asked);
      },
    });
    world.organization.update('parent', first, { name: 'read by nobody yet' });
    expect(await reconciled(world, id, { heal: true, ms: 5 * MINUTE })).toMatchObject({ Equal: true });
    expect(made).toBeGreaterThan(0);
    const whys = world.log.named('resync queued').map(({ fields }) => fields.why);
    expect(whys).not.toContain('a reconciliation found differences');
    expect(world.destination('one')).toEqual(world.source());
  });

  it('tells of a record that the destination refused as such, and queues nothing for it', async () => {
    const { world, id } = await exported();
    world.database('one').constraint = (_entity, _id, row) => (row?.name === 'bad' ? 'the check says no' : null);
    const bad = world.organization.create('parent', { name: 'bad' }).self.id;
    await world.run(MINUTE);
    const { Entities } = await reconciled(world, id, { heal: true });
    expect(Entities[0]).toMatchObject({ State: 'Different', ResyncQueued: false });
    expect(Entities[0]?.Result).toMatchObject({
      Refused: 1,
      Differences: [{ RecordId: bad, Kind: 'Missing', Refused: true }],
    });
  });

  it('leaves out what changes without a version: names of lookups', async () => {
    const world = new World();
    const name = { LogicalName: 'parentidname', SchemaName: 'ParentIdName', AttributeTypeName: 'StringType' };
    const nameOfParent = { ...name, MaxLength: 100, AttributeOf: 'parentid' };
    world.organization.define(readDefinition({ ...CHILD, Attributes: [...CHILD.Attributes, nameOfParent] }));
    const parent = world.organization.create('parent', { name: 'before' }).self;
    world.organization.create('child', { name: 'c', parentid: parent });
    const id = await world.addProfile('one', { Entities: [{ Type: 'parent' }, { Type: 'child' }] });
    await world.run(30 * SECOND);
    world.organization.update('parent', parent.id, { name: 'after' });
    await world.run(30 * SECOND);
    expect((await reconciled(world, id)).Equal).toBe(true);
  });

  it('skips what stands still or is not filled yet, and says why', async () => {
    const { world, id } = await exported();
    await pause(world.ports, request(id), true);
    const { Equal, Entities } = await reconciled(world, id);
    expect(Equal).toBe(true);
    expect(Entities[0]).toMatchObject({ State: 'Skipped', Reason: 'It is paused.', Result: null });
    await pause(world.ports, request(id), false);
    const { definition } = world.organization.table('parentchild');
    world.organization.define({ ...definition, changeTrackingEnabled: false });
    const both = { Entities: [{ Type: 'parent' }, { Type: 'parentchild' }] };
    const other = await world.addProfile('two', both);
    await world.run(2 * MINUTE);
    const skipped = (await reconciled(world, other)).Entities.map(({ State, Reason }) => [State, Reason]);
    expect(skipped).toEqual([
      ['Equal', null],
      ['Skipped', 'It is read as a whole by schedule, which mends whatever differs.'],
    ]);
  });

  it('finds a column that somebody dropped, and lets it be made anew', async () => {
    const { world, id } = await exported();
    const area = world.database('one').area({ schema: 'dbo', prefix: '' });
    area.tables.get('parent')?.columns.delete('amount');
    const { Entities } = await reconciled(world, id, { heal: true });
    expect(Entities[0]).toMatchObject({ State: 'Different', ResyncQueued: true, Result: null });
    expect(Entities[0]?.Reason).toContain('amount');
    expect(area.tables.get('parent')?.columns.has('amount')).toBe(true);
    expect((await reconciled(world, id)).Equal).toBe(true);
  });

  it('begins an entity anew when its definition changes', async () => {
    const { world, id } = await exported();
    await reconcile(world.ports, request(id), false);
    let pages = 0;
    world.wrapSource = (source) => ({
      ...source,
      read: (entity, from, maxRows) => {
        if (++pages === 3) {
          const score = { LogicalName: 'score', SchemaName: 'Score', AttributeTypeName: 'IntegerType' };
          world.organization.define(readDefinition({ ...PARENT, Attributes: [...PARENT.Attributes, score] }));
          for (const row of world.source().keys()) world.organization.update('parent', row, { score: 1 });
        }
        return source.read(entity, from, maxRows);
      },
    });
    await world.run(5 * MINUTE);
    expect(await report(world, id)).toMatchObject({ State: 'Completed', Equal: true });
    expect(rowsOf(world).values().next().value?.cells.score).toBe(1);
  });

  it('waits for a destination that cannot be used, and ends when the profile does', async () => {
    const { world, id } = await exported();
    await deactivateProfile(world.ports, administered, id);
    await expect(reconcile(world.ports, request(id), false)).rejects.toMatchObject({ code: 'PROFILE_NOT_ACTIVE' });
    await world.activate(id);
    await world.run(30 * SECOND);
    await reconcile(world.ports, request(id), false);
    await deactivateProfile(world.ports, administered, id);
    await world.run(MINUTE);
    expect(await report(world, id)).toMatchObject({
      State: 'Failed',
      Equal: null,
      ErrorDetails: { Code: 'PROFILE_NOT_ACTIVE' },
    });
  });

  it('is asked for by whoever administers the organization, of an entity that the profile exports', async () => {
    const { world, id } = await exported();
    await expect(report(world, id)).rejects.toMatchObject({ code: 'NEVER_RECONCILED' });
    await expect(lastReconciliation(world.ports, [], id)).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
    await expect(reconcile(world.ports, request(id, 'child'), false)).rejects.toMatchObject({
      code: 'ENTITY_NOT_EXPORTED',
    });
  });

  it('comes by schedule, heals nothing then, and again when its time has come', async () => {
    const { world, id, ids } = await exported({ options: { reconcileMs: 60 * MINUTE } });
    tamper(world, ids);
    await world.run(63 * MINUTE);
    const first = await report(world, id);
    expect(first).toMatchObject({ State: 'Completed', Equal: false, Trigger: 'Schedule', Heal: false });
    await world.run(55 * MINUTE);
    expect((await report(world, id)).Id).toBe(first.Id);
    await world.run(8 * MINUTE);
    expect((await report(world, id)).Id).not.toBe(first.Id);
  });
});
