import { statuses } from '../../local/client/sync-progress.ts';
import { lagFigures } from './canary.ts';
import { load } from './load.ts';
import { comeToRest } from './rest.ts';
import type { Chaos, Outcome, Scenario } from './scenario.ts';
import { onSite, type Site } from './site.ts';
import { makeSmallDisk, type SmallDisk } from './small-disk.ts';

const ROWS = 2_000;
const CHANGES_PER_S = 100;
const SECONDS = 60;
const QUICK_SECONDS = 15;
const HEALED_WITHIN_MS = 240_000;

type Owner = 'control' | 'destination';

export const diskScenarios: readonly Scenario[] = (['control', 'destination'] as const).map((owner) => ({
  name: `disk.${owner}`,
  what: `the disk of the ${owner === 'control' ? 'control database' : 'destination'} is full for a while`,
  run: async (chaos) => {
    const disk = await makeSmallDisk();
    try {
      const control: Record<string, string> = owner === 'control' ? { FRESHET_CONTROL_DATABASE: disk.url } : {};
      const settings = { FRESHET_PROBE_INTERVAL_S: '5', ...control };
      return await onSite(chaos, { rows: ROWS, settings }, (site) => fillUp(site, chaos, disk, owner));
    } finally {
      await disk.close();
    }
  },
}));

async function fillUp(site: Site, chaos: Chaos, disk: SmallDisk, owner: Owner): Promise<Outcome> {
  const target = await site.addTarget('first', owner === 'control' ? site.destination : disk.url);
  await site.synced();
  const seconds = chaos.quick ? QUICK_SECONDS : SECONDS;
  const common = { count: seconds * CHANGES_PER_S, perSecond: CHANGES_PER_S, watched: target };
  const before = await load(site, chaos, { ...common, label: 'undisturbed' });
  await disk.fill();
  chaos.say(`full, by ${disk.way}`);
  let sqlState: string | null = null;
  let troubleSeen: string | null = null;
  const freeAt = performance.now() + seconds * 900;
  let full = true;
  const during = await load(site, chaos, {
    ...common,
    label: 'disk full',
    meanwhile: async () => {
      if (!full || performance.now() < freeAt) return;
      sqlState = await disk.refusal();
      troubleSeen = await troubleOf(site, target.profileId);
      await disk.free();
      full = false;
      chaos.say('there is room again');
    },
  });
  const rest = await comeToRest(site, { withinMs: HEALED_WITHIN_MS, exact: true });
  const { problems, seconds: healedAfterS, ...compared } = rest;
  if (disk.way === 'a tmpfs that is full' && sqlState !== '53100') problems.push(`the disk was not full: ${sqlState}`);
  if (owner === 'destination' && troubleSeen !== 'DESTINATION_FULL')
    problems.push(`the profile did not say that its destination is full, but ${troubleSeen}`);
  const seen = { way: disk.way, sqlState, troubleSeen };
  return {
    figures: { changes: common.count, ...lagFigures(during, before), ...seen, healedAfterS, ...compared },
    problems,
  };
}

/** What the profile's status says is wrong; that it stands still for a control database that cannot be written, otherwise. */
async function troubleOf(site: Site, profileId: string): Promise<string | null> {
  const profile = await site.test.client.status(profileId).catch(() => null);
  if (profile === null) return 'the API does not answer';
  const behind = statuses(profile).reduce((sum, { PagesBehind }) => sum + PagesBehind, 0);
  return profile.Status?.ErrorDetails?.Code ?? (behind > 0 ? `${behind} pages behind` : null);
}
