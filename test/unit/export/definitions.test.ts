import { describe, expect, it } from 'vitest';
import type { FeedKey } from '../../../shared/control/model.ts';
import type { Control } from '../../../shared/control/port.ts';
import type { EntityMetadata } from '../../../shared/dataverse/metadata.ts';
import type { Source } from '../../../shared/dataverse/port.ts';
import { Definitions } from '../../../shared/export/definitions.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';
import { attribute, entityMetadata } from '../dataverse/entity.ts';

const CONTOSO = 'contoso';

/** An organization whose definitions have so many attributes, and what was loaded of it. */
function organization({ attributes = 1 } = {}) {
  const state = { version: '1' as string | null, loaded: [] as string[] };
  const metadata = async (entity: string): Promise<EntityMetadata> => {
    state.loaded.push(entity);
    return entityMetadata(
      entity,
      Array.from({ length: attributes }, (_, k) => attribute(`a${k}`, 'StringType')),
    );
  };
  const source = { metadata, metadataVersion: async () => state.version } as Partial<Source> as Source;
  const feeds = { metadata: (_feed: FeedKey, shape: string) => metadata(shape) };
  const control = { feeds } as Partial<Control> as Control;
  const definitions = new Definitions({ sourceOf: () => source, control });
  const load = async (...entities: string[]) => {
    const now = await definitions.now(CONTOSO);
    for (const entity of entities) await now.of(entity);
  };
  return { state, definitions, load };
}

describe('a definition', () => {
  it('is loaded once while the metadata version stands', async () => {
    const { state, load } = organization();
    await load('account', 'contact', 'account');
    await load('account');
    expect(state.loaded).toEqual(['account', 'contact']);
  });

  it('is loaded anew under another metadata version', async () => {
    const { state, definitions, load } = organization();
    await load('account');
    const before = await definitions.now(CONTOSO);
    state.version = '2';
    await load('account');
    expect(state.loaded).toEqual(['account', 'account']);
    expect([before.version, (await definitions.now(CONTOSO)).version]).toEqual(['1', '2']);
  });

  it('is loaded each time where the organization does not tell its version', async () => {
    const { state, load } = organization();
    state.version = null;
    await load('account', 'account');
    expect(state.loaded).toEqual(['account', 'account']);
  });

  it('is not kept for ever: the oldest make room for others', async () => {
    const { state, load } = organization({ attributes: 9_000 });
    await load('account', 'contact', 'lead');
    state.loaded.length = 0;
    await load('lead', 'contact', 'account');
    expect(state.loaded).toEqual(['account']);
  });
});

describe('the definition that a shape names', () => {
  it('is loaded once', async () => {
    const { state, definitions } = organization();
    const feed = { organizationId: CONTOSO, entity: 'account' };
    const [first, again] = [await definitions.of(feed, 'shape-1'), await definitions.of(feed, 'shape-1')];
    expect(again).toBe(first);
    expect(state.loaded).toEqual(['shape-1']);
  });

  it('may be forgotten, and is looked for again', async () => {
    const { control, definitions } = new World().ports;
    const feed = { organizationId: ORGANIZATION_ID, entity: 'parent' };
    await expect(definitions.of(feed, 'shape-1')).rejects.toMatchObject({ code: 'FEED_SHAPE_UNKNOWN' });
    await control.feeds.saveMetadata(feed, 'shape-1', entityMetadata('parent', []));
    expect(await definitions.find(feed, 'shape-1')).toMatchObject({ logicalName: 'parent' });
  });
});

describe('an activation', () => {
  it('loads each definition once, and the first page does not load it again', async () => {
    const world = new World();
    world.organization.create('parent', { name: 'row' });
    const loaded: string[] = [];
    world.wrapSource = (source) => ({
      ...source,
      metadata: (entity) => {
        loaded.push(entity);
        return source.metadata(entity);
      },
    });
    await world.addProfile('one');
    await world.run(60_000);
    expect(world.destination('one')).toEqual(world.source());
    expect(loaded).toEqual(['parent']);
    expect(await world.control.feeds.get({ organizationId: ORGANIZATION_ID, entity: 'parent' })).toMatchObject({
      metadataVersion: String(world.organization.metadataVersion),
    });
  });
});
