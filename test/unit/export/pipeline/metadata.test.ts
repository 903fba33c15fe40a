import { describe, expect, it } from 'vitest';
import { readDefinition } from '../../../../local/dataverse/model/read-definition.ts';
import { World } from '../../../support/world.ts';
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
