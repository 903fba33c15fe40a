import type { FeedKey, Profile } from '../../control/model.ts';
import { PAGES_CONTAINER } from '../pages.ts';
import type { ExportPorts } from '../ports.ts';

/** Ends a profile's subscription, unless it carries another intent by now; pages that nobody needs any more go with it. Safe to repeat. */
export async function leaveFeed(
  ports: ExportPorts,
  profileId: string,
  feed: FeedKey,
  expected?: Pick<Profile, 'intent'>,
): Promise<void> {
  const pages = await ports.control.profiles.leave(profileId, feed, expected);
  for (const page of pages) await ports.blobs.remove(PAGES_CONTAINER, page);
}

/** Ends the subscriptions to entities that the profile, as given, does not name. Their positions go with the worker's next turn. */
export async function leaveOthers(
  ports: ExportPorts,
  { id, settings, intent }: Pick<Profile, 'id' | 'settings' | 'intent'>,
): Promise<void> {
  const named = new Set(settings.entities.map(({ entity }) => entity));
  for (const { organizationId, entity } of await ports.control.profiles.subscriptions(id)) {
    if (named.has(entity)) continue;
    await leaveFeed(ports, id, { organizationId, entity }, { intent });
    ports.log.write('info', 'entity removed from profile', { profileId: id, entity });
  }
}
