import { describe, expect, it } from 'vitest';
import type { Source } from '../../../shared/dataverse/port.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import { failuresContainer, UNKNOWN_FAILURES_CONTAINER } from '../../../shared/export/failures/folders.ts';
import { makeReaches } from '../../../shared/export/ring/reaches.ts';
import { ringFeeds } from '../../../shared/export/ring/ring-feeds.ts';
import { ORGANIZATION_ID, World } from '../../support/world.ts';

const SECOND = 1_000;
const OTHER_ID = '99999999-9999-4999-8999-999999999999';

/** Two profiles, of which one exports `child` alone. */
async function world() {
  const made = new World();
  const parents = await made.addProfile('parents');
  const children = await made.addProfile('children', { Entities: [{ Type: 'child' }] });
  await made.run(10 * SECOND);
  const ring = (...bodies: unknown[]) => ringFeeds(made.ports, makeReaches(made.ports), bodies);
  return { world: made, parents, children, ring };
}

async function kept(world: World, container: string): Promise<{ reason: string; body: unknown }[]> {
  const messages = [];
  for await (const { name } of world.blobs.list(container, 'unprocessablemessages/2026/01/01/00/'))
    messages.push(JSON.parse(Buffer.from((await world.blobs.get(container, name)) ?? []).toString()));
  return messages;
}

const updateOf = (entity: string) => ({
  OrganizationId: ORGANIZATION_ID,
  MessageName: 'Update',
  PrimaryEntityName: entity,
  PrimaryEntityId: OTHER_ID,
});

/** An organization from which the entity was deleted. */
const without = (source: Source, entity: string): Source => {
  const refuse = (asked: string) => {
    if (asked === entity) throw new FreshetError('ENTITY_NOT_FOUND', { entity });
  };
  return {
    ...source,
    metadata: async (name) => {
      refuse(name);
      return source.metadata(name);
    },
    read: async (definition, ...rest) => {
      refuse(definition.logicalName);
      return source.read(definition, ...rest);
    },
  };
};

describe('a notification that cannot be processed', () => {
  it('is kept for every active profile of the organization that it names', async () => {
    const { world: made, parents, children, ring } = await world();
    const body = { OrganizationId: ORGANIZATION_ID, MessageName: 'Update' };
    expect(await ring(body)).toEqual({ rung: 0, unknownOrganization: 0, unprocessable: 1 });
    for (const id of [parents, children])
      expect(await kept(made, failuresContainer(id))).toMatchObject([{ reason: 'the body names no entity', body }]);
    expect(await kept(made, UNKNOWN_FAILURES_CONTAINER)).toEqual([]);
  });

  it.each([
    ['not JSON', 'the body is not JSON, or too large'],
    [{ MessageName: 'Update' }, 'the body names no organization'],
    [{ OrganizationId: OTHER_ID }, 'the body names no entity'],
  ])('of no organization served here is kept apart (%#)', async (body, reason) => {
    const { world: made, parents, children, ring } = await world();
    await ring(body);
    expect(await kept(made, UNKNOWN_FAILURES_CONTAINER)).toMatchObject([{ reason, body }]);
    for (const id of [parents, children]) expect(await kept(made, failuresContainer(id))).toEqual([]);
  });

  it('for its entity is no more is kept for the profiles that export it, and holds up no other', async () => {
    const { world: made, parents, children, ring } = await world();
    made.wrapSource = (source) => without(source, 'child');
    expect(await ring(updateOf('child'))).toMatchObject({ rung: 1, unprocessable: 0 });
    await made.run(5 * SECOND);
    made.organization.create('parent', { name: 'goes on' });
    const body = updateOf('child');
    expect(await ring(body)).toEqual({ rung: 1, unknownOrganization: 0, unprocessable: 1 });
    expect(await kept(made, failuresContainer(children))).toMatchObject([
      { reason: 'the organization has no entity child any more', body },
    ]);
    expect(await kept(made, failuresContainer(parents))).toEqual([]);
    await made.run(5 * SECOND);
    expect(made.destination('parents')).toEqual(made.source());
  });

  it('is processed again once the entity is there again', async () => {
    const { world: made, children, ring } = await world();
    made.wrapSource = (source) => without(source, 'child');
    await ring(updateOf('child'));
    await made.run(5 * SECOND);
    made.wrapSource = (source) => source;
    await made.run(120 * SECOND);
    expect(await ring(updateOf('child'))).toMatchObject({ unprocessable: 0 });
    expect(await kept(made, failuresContainer(children))).toEqual([]);
  });
});
