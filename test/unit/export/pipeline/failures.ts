import type { World } from '../../../support/world.ts';

/** The texts of a profile's failure blobs under a prefix, by name. */
export async function failureBlobs(world: World, profileId: string, prefix = ''): Promise<Map<string, string>> {
  const container = `failures-${profileId}`;
  const texts = new Map<string, string>();
  for await (const { name } of world.blobs.list(container, prefix))
    texts.set(name, Buffer.from((await world.blobs.get(container, name)) ?? []).toString());
  return texts;
}

/** All lines of one of the log folders. */
export async function logLines(world: World, profileId: string, folder = 'failurelog'): Promise<string[]> {
  const texts = [...(await failureBlobs(world, profileId, `${folder}/`)).values()];
  return texts.flatMap((text) => text.split('\n').slice(0, -1));
}
