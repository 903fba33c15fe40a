import { describe, expect, it } from 'vitest';
import { readDefinition } from '../../../../local/dataverse/model/read-definition.ts';
import { RETRIES_CONTAINER } from '../../../../shared/export/apply/retry-blobs.ts';
import { readFeed } from '../../../../shared/export/read/read-feed.ts';
import { sweep } from '../../../../shared/export/sweep.ts';
import { ORGANIZATION_ID, World } from '../../../support/world.ts';
import { PARENT } from '../../../support/world-entities.ts';
import { MINUTE, SECOND, seeded } from './kit.ts';

describe('an attribute that appears later', () => {
  it('becomes a column, and is filled also in rows that did not change', async () => {
    const world = new World();
    seeded(world, 4);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    const attributes = PARENT.Attributes.map((it) => (it.LogicalName === 'name' ? { ...it, MaxLength: 80 } : it));
    const added = { LogicalName: 'later', SchemaName: 'Later', AttributeTypeName: 'StringType', MaxLength: 20 };
    world.organization.define(readDefinition({ ...PARENT, Attributes: [...attributes, added] }));
    world.organization.create('parent', { name: 'n'.repeat(80), later: 'here' });
    await world.run(2 * MINUTE);
    const columns = world.database('one').area({ schema: 'dbo', prefix: '' }).tables.get('parent')?.columns;
    expect(columns?.get('later')).toMatchObject({ type: 'string', length: 20 });
    expect(columns?.get('name')).toMatchObject({ length: 80 });
    expect(world.destination('one')).toEqual(world.source());
  });
});

describe('a definition', () => {
  it('that its reader saves and then stands still for more than a day is known all the same', async () => {
    const world = new World({ variants: { metadataExpiresTokens: false } });
    const [first = ''] = seeded(world, 2);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    const later = { LogicalName: 'later', SchemaName: 'Later', AttributeTypeName: 'StringType', MaxLength: 20 };
    world.organization.define(readDefinition({ ...PARENT, Attributes: [...PARENT.Attributes, later] }));
    world.organization.update('parent', first, { later: 'here' });
    let stoodStill = false;
    const standStill = async (operation: string, moment: 'before' | 'after') => {
      if (stoodStill || operation !== 'feeds.saveMetadata' || moment !== 'after') return;
      stoodStill = true;
      await world.clock.advance(25 * 60 * MINUTE);
      await sweep(world.ports);
    };
    // Changes are due again.
    await world.clock.advance(SECOND);
    const message = { organizationId: ORGANIZATION_ID, entity: 'parent', ring: true };
    await world.awake(readFeed(world.makePorts(standStill), message));
    await world.run(5 * MINUTE);
    expect(stoodStill).toBe(true);
    const rows = world.database('one').area({ schema: 'dbo', prefix: '' }).tables.get('parent')?.rows;
    expect(rows?.get(first)?.cells.later).toBe('here');
  });
});

describe('a string that is lengthened', () => {
  it('is lengthened again in a destination that was restored to before', async () => {
    const world = new World({ variants: { metadataExpiresTokens: false } });
    const [first = ''] = seeded(world, 2);
    await world.addProfile('one');
    await world.run(10 * SECOND);
    const backup = world.database('one').snapshot();
    const Attributes = PARENT.Attributes.map((it) => (it.LogicalName === 'name' ? { ...it, MaxLength: 80 } : it));
    world.organization.define(readDefinition({ ...PARENT, Attributes }));
    world.organization.update('parent', first, { name: 'n'.repeat(80) });
    await world.run(2 * MINUTE);
    world.database('one').restore(backup);
    await world.run(2 * MINUTE);
    expect(world.destination('one')).toEqual(world.source());
  });
});

it('a definition that changes between a page and the rows asked by id: both are read anew', async () => {
  const world = new World({ variants: { metadataExpiresTokens: false, recreated: 'both' } });
  const [first = '', second = ''] = seeded(world, 2);
  await world.addProfile('one');
  await world.run(10 * SECOND);
  const code = { LogicalName: 'code', SchemaName: 'Code', AttributeTypeName: 'IntegerType' };
  world.organization.define(readDefinition({ ...PARENT, Attributes: [...PARENT.Attributes, code] }));
  world.organization.update('parent', second, { code: 5 });
  await world.run(2 * MINUTE);
  world.wrapSource = (source) => ({
    ...source,
    readByIds: async (...asked) => {
      world.wrapSource = (same) => same;
      const text = { ...code, AttributeTypeName: 'StringType', MaxLength: 20, MetadataId: crypto.randomUUID() };
      world.organization.define(readDefinition({ ...PARENT, Attributes: [...PARENT.Attributes, text] }));
      world.organization.update('parent', first, { code: 'no number' });
      return source.readByIds(...asked);
    },
  });
  const refused: string[] = [];
  const { blobs } = world.ports;
  const put = blobs.put.bind(blobs);
  blobs.put = (container, name, ...rest) => {
    if (container === RETRIES_CONTAINER) refused.push(name);
    return put(container, name, ...rest);
  };
  world.organization.delete('parent', first);
  world.organization.create('parent', { name: 'again' }, { id: first });
  await world.run(2 * MINUTE);
  expect(refused).toEqual([]);
  expect(world.destination('one')).toEqual(world.source());
});
