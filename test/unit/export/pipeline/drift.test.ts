import { describe, expect, it, vi } from 'vitest';
import { readDefinition } from '../../../../local/dataverse/model/read-definition.ts';
import type { SchemaChange } from '../../../../shared/dataverse/drift.ts';
import { applyProfile } from '../../../../shared/export/apply/apply-profile.ts';
import { schemaHistory } from '../../../../shared/export/profiles/schema-history.ts';
import { readFeed } from '../../../../shared/export/read/read-feed.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { PARENT } from '../../../support/world-entities.ts';
import { MINUTE, SECOND, seeded, status } from './kit.ts';

const ENTITIES = [{ Type: 'parent' }, { Type: 'child' }];
const option = (Value: number, ...labels: [number, string][]) => ({
  Value,
  Label: { LocalizedLabels: labels.map(([LanguageCode, Label]) => ({ LanguageCode, Label })) },
});
const color = (...Options: object[]) => ({
  LogicalName: 'color',
  SchemaName: 'Color',
  AttributeTypeName: 'PicklistType',
  Options,
});

/** A world whose profile has exported both entities. */
async function exported(attributes: object[] = []): Promise<{ world: World; profile: string }> {
  // The mildest organization: a change of metadata does not make everything be read anew.
  const world = new World({ variants: { metadataExpiresTokens: false } });
  define(world, (before) => [...before, ...attributes]);
  seeded(world, 3);
  world.organization.create('child', { name: 'one child' });
  const profile = await world.addProfile('one', { Entities: ENTITIES });
  await world.run(20 * SECOND);
  return { world, profile };
}

function define(world: World, change: (attributes: object[]) => object[]): void {
  world.organization.define(readDefinition({ ...PARENT, Attributes: change(PARENT.Attributes) }));
}

const tableOf = (world: World) => world.database('one').area({ schema: 'dbo', prefix: '' }).tables.get('parent');
const labelsOf = (world: World) =>
  world.database('one').area({ schema: 'dbo', prefix: '' }).own?.metadata.get('parent')?.OptionSetMetadata;

async function history(world: World): Promise<SchemaChange[]> {
  return (await world.control.history.of(ORGANIZATION_ID, ['parent', 'child'])).flatMap(({ changes }) => changes);
}

/** The other entity goes on, and nothing has stopped the profile. */
async function expectOthersUnharmed(world: World, profile: string): Promise<void> {
  world.organization.create('child', { name: 'another child' });
  await world.run(MINUTE);
  expect(world.destination('one', 'child')).toEqual(world.source('child'));
  expect((await status(world, profile)).profile).toMatchObject({ ExportStatus: 'Running', ErrorDetails: null });
}

describe('while it is exported, a definition may change:', () => {
  it('an option added is told in every language, though no row changed', async () => {
    const { world, profile } = await exported([color(option(1, [1033, 'Red'], [1031, 'Rot']))]);
    define(world, (before) => [...before, color(option(1, [1033, 'Red']), option(2, [1033, 'Green'], [1031, 'Grün']))]);
    await world.run(5 * MINUTE);
    expect(labelsOf(world)).toEqual([
      { optionSet: 'color', option: 1, language: 1033, label: 'Red' },
      { optionSet: 'color', option: 2, language: 1033, label: 'Green' },
      { optionSet: 'color', option: 2, language: 1031, label: 'Grün' },
    ]);
    expect(await history(world)).toEqual([
      { kind: 'optionRenamed', subject: 'color.1', from: '1033: Red; 1031: Rot', to: '1033: Red' },
      { kind: 'optionAdded', subject: 'color.2', from: null, to: '1033: Green; 1031: Grün' },
    ]);
    await expectOthersUnharmed(world, profile);
  });

  it('an attribute of another type under the old name is filled anew, its old values set aside', async () => {
    const { world, profile } = await exported();
    world.organization.create('parent', { name: 'with amount', amount: 7 });
    await world.run(MINUTE);
    const text = { LogicalName: 'amount', SchemaName: 'Amount', AttributeTypeName: 'StringType', MaxLength: 20 };
    define(world, (before) => before.map((one) => ('SchemaName' in one && one.SchemaName === 'Amount' ? text : one)));
    for (const id of world.source().keys()) world.organization.update('parent', id, { amount: 'many' });
    await world.run(5 * MINUTE);
    const rows = [...(tableOf(world)?.rows.values() ?? [])].map(({ cells }) => cells);
    expect(rows.map(({ amount }) => amount)).toEqual(rows.map(() => 'many'));
    expect(rows.map(({ amount_was }) => amount_was)).toContain(7);
    expect(await history(world)).toEqual([{ kind: 'typeChanged', subject: 'amount', from: 'int', to: 'string(20)' }]);
    await expectOthersUnharmed(world, profile);
  });

  it('an attribute made anew with the same type is empty in every row that has no new value', async () => {
    const { world, profile } = await exported();
    world.organization.create('parent', { name: 'with amount', amount: 7 });
    await world.run(MINUTE);
    define(world, (before) => before.filter((one) => !('SchemaName' in one && one.SchemaName === 'Amount')));
    const anew = { LogicalName: 'amount', SchemaName: 'Amount', AttributeTypeName: 'IntegerType' };
    define(world, (before) => [
      ...before.filter((one) => !('SchemaName' in one && one.SchemaName === 'Amount')),
      { ...anew, MetadataId: '00000000-0000-4000-8000-00000000a2e3' },
    ]);
    await world.run(5 * MINUTE);
    const amounts = [...(tableOf(world)?.rows.values() ?? [])].map(({ cells }) => cells.amount);
    expect(amounts).toEqual(amounts.map(() => null));
    await expectOthersUnharmed(world, profile);
  });

  it('a table gets no older definition back from a worker that was overtaken', async () => {
    const { world, profile } = await exported();
    const later = (AttributeTypeName: string, MetadataId: string) =>
      define(world, (before) => [
        ...before,
        { LogicalName: 'later', SchemaName: 'Later', AttributeTypeName, MetadataId },
      ]);
    later('BooleanType', '00000000-0000-4000-8000-00000000000b');
    await world.awake(readFeed(world.ports, { organizationId: ORGANIZATION_ID, entity: 'parent', ring: true }));
    const wake = Promise.withResolvers<void>();
    let frozen = false;
    const freeze = async (operation: string) => {
      if (operation !== 'destination one.shape') return;
      frozen = true;
      await wake.promise;
    };
    const clock = { now: () => world.clock.now(), sleep: async () => {}, every: () => () => {} };
    const overtaken = applyProfile(world.makePorts(freeze, clock), { profileId: profile });
    await vi.waitFor(() => expect(frozen).toBe(true));
    later('StringType', '00000000-0000-4000-8000-00000000000a');
    world.organization.create('parent', { name: 'with text', later: 'text' });
    await world.run(5 * MINUTE);
    wake.resolve();
    await overtaken;
    world.organization.create('parent', { name: 'with text, too', later: 'text' });
    await world.run(MINUTE);
    expect(tableOf(world)?.columns.get('later')).toMatchObject({ type: 'string' });
    expect(world.destination('one')).toEqual(world.source());
    expect((await status(world, profile)).profile).toMatchObject({ FailureNotifications: 0 });
  });

  it('an attribute that is removed leaves its column and what it held', async () => {
    const { world, profile } = await exported();
    const { id } = world.organization.create('parent', { name: 'kept', amount: 7 }).self;
    await world.run(MINUTE);
    define(world, (before) => before.filter((one) => !('SchemaName' in one && one.SchemaName === 'Amount')));
    world.organization.update('parent', id, { name: 'renamed' });
    await world.run(5 * MINUTE);
    expect(tableOf(world)?.rows.get(id)?.cells).toMatchObject({ name: 'renamed', amount: 7 });
    expect(await history(world)).toEqual([{ kind: 'columnLeft', subject: 'amount', from: 'int', to: null }]);
    await expectOthersUnharmed(world, profile);
  });

  it('a string that is lengthened and an attribute that is added are columns, and written down', async () => {
    const { world, profile } = await exported();
    const later = { LogicalName: 'later', SchemaName: 'Later', AttributeTypeName: 'BooleanType' };
    define(world, (before) => [
      ...before.map((one) => ('SchemaName' in one && one.SchemaName === 'Name' ? { ...one, MaxLength: 80 } : one)),
      later,
    ]);
    await world.run(5 * MINUTE);
    expect(tableOf(world)?.columns.get('name')).toMatchObject({ length: 80 });
    expect(tableOf(world)?.columns.get('later')).toMatchObject({ type: 'bit' });
    expect(await history(world)).toEqual([
      { kind: 'columnAdded', subject: 'later', from: null, to: 'bit' },
      { kind: 'lengthChanged', subject: 'name', from: 'string(50)', to: 'string(80)' },
    ]);
    await expectOthersUnharmed(world, profile);
  });

  it('an entity that is deleted keeps its rows here, says so, and is written down once', async () => {
    const { world, profile } = await exported();
    const rows = world.destination('one');
    world.organization.undefine('parent');
    await world.run(10 * MINUTE);
    expect(world.destination('one')).toEqual(rows);
    expect(await history(world)).toEqual([{ kind: 'entityRemoved', subject: 'parent', from: null, to: null }]);
    await expectOthersUnharmed(world, profile);
    expect((await status(world, profile)).entity).toMatchObject({ ErrorDetails: { Code: 'ENTITY_NOT_FOUND' } });
    expect(await schemaHistory(world.ports, [ORGANIZATION_ID], profile)).toEqual([
      {
        Type: 'parent',
        Time: expect.stringMatching(/Z$/),
        Changes: [{ Kind: 'entityRemoved', Subject: 'parent', From: null, To: null }],
      },
    ]);
    await expect(schemaHistory(world.ports, [], profile)).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
  });
});

describe('a value that is longer than its column', () => {
  it('widens it, in a merge', async () => {
    const { world, profile } = await exported();
    const long = 'n'.repeat(120);
    world.wrapSource = (source) => ({
      ...source,
      read: async (entity, from, maxRows) => {
        const page = await source.read(entity, from, maxRows);
        const name = page.columns.indexOf('name');
        return { ...page, rows: page.rows.map((row) => row.map((cell, k) => (k === name ? long : cell))) };
      },
    });
    world.organization.create('parent', { name: 'short' });
    await world.run(MINUTE);
    expect([...world.destination('one').values()]).toContain(long);
    expect(tableOf(world)?.columns.get('name')).toMatchObject({ type: 'string', length: 150 });
    expect(await history(world)).toEqual([
      { kind: 'valueOutgrew', subject: 'name', from: 'string(50)', to: 'string(150)' },
    ]);
    expect((await status(world, profile)).profile).toMatchObject({ FailureNotifications: 0 });
  });
});
