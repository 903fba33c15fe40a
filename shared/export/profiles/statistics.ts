import type { Profile, Subscribed } from '../../control/model.ts';
import { isFreshetError } from '../../errors/error.ts';
import { rowsPerSecond } from '../apply/pace.ts';
import type { ExportPorts } from '../ports.ts';
import { entityStatus, initialSyncState, profileStatus } from './profile-json.ts';
import { type Administered, visibleProfile } from './profiles.ts';

/** What a profile has done and how it goes, as a whole and for each entity that it has begun with. PROFILE_NOT_FOUND. */
export async function statistics(ports: ExportPorts, administered: Administered, id: string) {
  const profile = await visibleProfile(ports, administered, id);
  const subscriptions = await ports.control.profiles.subscriptions(profile.id);
  const totals = await totalsOf(ports, profile, subscriptions);
  const entities = subscriptions.map((subscribed) => entityStatistics(ports, profile, subscribed, totals));
  const sum = (pick: (one: (typeof entities)[number]) => number) => entities.reduce((all, one) => all + pick(one), 0);
  const lags = entities.flatMap(({ LagInMilliseconds }) => LagInMilliseconds ?? []);
  return {
    ProfileId: profile.id,
    Time: new Date(ports.clock.now()).toISOString(),
    ...profileStatus(profile, subscriptions),
    RetryNotifications: sum(({ RetryNotifications }) => RetryNotifications),
    LagInMilliseconds: lags.length > 0 ? Math.max(...lags) : null,
    PagesBehind: sum(({ PagesBehind }) => PagesBehind),
    RowsPerSecond: Math.round(sum(({ RowsPerSecond }) => RowsPerSecond) * 10) / 10,
    InitialSyncPercent: overallPercent(subscriptions, totals),
    Entities: entities,
  };
}

/** Rows of each entity in the organization, asked for only while some are still to be copied; what it does not tell is not known. */
async function totalsOf(
  ports: ExportPorts,
  { settings }: Profile,
  subscriptions: readonly Subscribed[],
): Promise<ReadonlyMap<string, number>> {
  if (subscriptions.every(isDone)) return new Map();
  try {
    return await ports.sourceOf(settings.organizationId).counts(subscriptions.map(({ entity }) => entity));
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    return new Map();
  }
}

const isDone = (subscribed: Subscribed): boolean => initialSyncState(subscribed).startsWith('Completed');

function entityStatistics(
  { clock }: ExportPorts,
  profile: Profile,
  subscribed: Subscribed,
  totals: ReadonlyMap<string, number>,
) {
  return {
    ...entityStatus(profile, subscribed.entity, subscribed),
    RowsPerSecond: rowsPerSecond(subscribed.pace, clock.now()),
    InitialSyncPercent: percent(subscribed, totals),
  };
}

function percent(subscribed: Subscribed, totals: ReadonlyMap<string, number>): number | null {
  if (isDone(subscribed)) return 100;
  const total = totals.get(subscribed.entity);
  return total === undefined ? null : share(copied(subscribed, total), total);
}

/** Each entity counts by its rows. */
function overallPercent(subscriptions: readonly Subscribed[], totals: ReadonlyMap<string, number>): number | null {
  if (subscriptions.length > 0 && subscriptions.every(isDone)) return 100;
  let done = 0;
  let all = 0;
  for (const subscribed of subscriptions) {
    const total = totals.get(subscribed.entity);
    if (total === undefined) return null;
    all += total;
    done += copied(subscribed, total);
  }
  return share(done, all);
}

function copied(subscribed: Subscribed, total: number): number {
  return isDone(subscribed) ? total : Math.min(total, subscribed.snapshotRows ?? 0);
}

/** Not done is never 100: the organization counts once a day, so there may be more rows than it tells. */
const UNDONE_MAX_PERCENT = 99;

function share(done: number, all: number): number {
  return all === 0 ? 0 : Math.min(UNDONE_MAX_PERCENT, Math.floor((100 * done) / all));
}
