import type { Bar, ProgressDisplay } from '../terminal/progress.ts';
import type { FreshetClient, ProfileJson } from './freshet-client.ts';

type Entity = ProfileJson['Entities'][number];
type Status = NonNullable<Entity['Status']>;

/** The status block of each entity of a profile. */
export function statuses(profile: ProfileJson): Status[] {
  return profile.Entities.flatMap(({ Status }) => (Status ? [Status] : []));
}

/** Shows the initial synchronization until it is complete; rejects when it is not within the time. */
export async function watchInitialSync(
  client: FreshetClient,
  profileId: string,
  rows: Readonly<Record<string, number>>,
  display: ProgressDisplay,
  withinMs: number,
): Promise<ProfileJson> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const profile = await client.status(profileId);
    display.show(statuses(profile).map((status) => barOf(status, rows[status.Type] ?? null)));
    if (statuses(profile).every(({ InitialSyncState }) => InitialSyncState.startsWith('Completed'))) {
      display.end();
      return profile;
    }
    if (performance.now() > deadline)
      throw new Error(`the initial synchronization is not complete: ${troubleOf(profile)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function barOf({ Type, TotalNotifications, InitialSyncState }: Status, of: number | null): Bar {
  const done = InitialSyncState.startsWith('Completed') ? (of ?? TotalNotifications) : TotalNotifications;
  return { label: Type, done, of, note: InitialSyncState };
}

export function troubleOf(profile: ProfileJson): string {
  const details = profile.Status?.ErrorDetails;
  return details ? `${details.Code}: ${details.Message}` : 'nothing is said to be wrong';
}
