import fc from 'fast-check';
import type { Append } from '../../../shared/control/feeds.port.ts';
import { type FeedKey, feedBell, profileBell } from '../../../shared/control/model.ts';
import type { Control } from '../../../shared/control/port.ts';
import { appendOf, type ControlUnderTest, entity, known, page, profile, settings } from './kit.ts';

/** One step of a random history: the same on every adapter, and so must its answer be. `number` is unique in the history. */
export interface Step {
  readonly label: string;
  run(test: ControlUnderTest, number: number): Promise<unknown>;
  /** How a failing history is shown. */
  [fc.toStringMethod](): string;
}

const FEEDS: readonly FeedKey[] = [
  { organizationId: 'contoso', entity: 'account' },
  { organizationId: 'contoso', entity: 'contact' },
  { organizationId: 'fabrikam', entity: 'account' },
];
const PROFILES = ['p1', 'p2', 'p3'];
const DAY = 86_400_000;

const feed = fc.constantFrom(...FEEDS);
const profileId = fc.constantFrom(...PROFILES);
const owner = fc.constantFrom('a', 'a', 'b');
const bell = fc.oneof(feed.map(feedBell), profileId.map(profileBell));
const moment = fc.option(fc.integer({ min: 0, max: 1_000 }));
const shape = fc.constantFrom('shape-1', 'shape-2');

const labelled = <T>(
  name: string,
  args: fc.Arbitrary<T>,
  run: (test: ControlUnderTest, args: T, n: number) => unknown,
) =>
  args.map(
    (values): Step => ({
      label: `${name} ${JSON.stringify(values)}`,
      [fc.toStringMethod]: () => `${name} ${JSON.stringify(values)}`,
      run: async (test, number) => run(test, values, number),
    }),
  );

const advance = labelled('advance', fc.constantFrom(1, 250, 30_000, 60_000, DAY, 7 * DAY), (test, ms) =>
  test.advance(ms),
);

const bells = [
  labelled('ring', fc.array(fc.record({ key: bell, notifiedAt: moment }), { maxLength: 4 }), ({ control }, rings) =>
    control.bells.ring(rings),
  ),
  labelled('answer', fc.tuple(bell, owner), ({ control }, [key, by]) => control.bells.answer(key, by)),
  labelled('hold', fc.tuple(bell, owner), ({ control }, [key, by]) => control.bells.hold(key, by)),
  labelled('renew', fc.tuple(bell, owner), ({ control }, [key, by]) => control.bells.renew(key, by)),
  labelled('heard', fc.tuple(bell, owner, fc.nat(4)), ({ control }, [key, by, rung]) =>
    control.bells.heard(key, by, rung),
  ),
  labelled('giveBack', fc.tuple(bell, owner), ({ control }, [key, by]) => control.bells.giveBack(key, by)),
  labelled('postpone', fc.tuple(bell, owner, fc.constantFrom(0, 500, 5_000)), ({ control }, [key, by, ms]) =>
    control.bells.postpone(key, by, ms),
  ),
  labelled('abandoned', fc.integer({ min: 1, max: 3 }), ({ control }, limit) => control.bells.abandoned(limit)),
];

const append = labelled(
  'append',
  fc.record({
    feed,
    owner,
    stale: fc.constantFrom(false, false, false, true),
    entries: fc.constantFrom(null, 0, 1, 3),
    complete: fc.boolean(),
    blob: fc.boolean(),
    shape,
    snapshot: fc.option(fc.record({ begins: fc.boolean(), ends: fc.boolean(), link: fc.constantFrom('n1', 'n2') })),
  }),
  async ({ control }, plan, number) => {
    const standing = await control.feeds.get(plan.feed);
    if (!standing) return null;
    const [open] = plan.snapshot ? await control.feeds.snapshots(plan.feed) : [];
    const body = plan.blob ? { blob: `blob-${number}`, sha256: 'f00d' } : { text: `{"n":${number}}` };
    const header = { body, shape: plan.shape, entries: plan.entries ?? 0, snapshotId: open?.snapshot.id ?? null };
    const marks = open && plan.snapshot ? { begins: plan.snapshot.begins, ends: plan.snapshot.ends } : {};
    const more: Partial<Append> = {
      owner: plan.owner,
      expected: plan.stale ? { ...standing, token: 'stale' } : standing,
      page: plan.entries === null ? null : page(`page-${number}`, { ...header, ...marks }),
      cursor: { token: `t${number}`, ...(plan.complete ? { nextLink: null } : { nextLink: 'n' }) },
      complete: plan.complete,
    };
    const { link = null, id = '' } = open?.snapshot ?? {};
    const moved = { id, link, nextLink: plan.snapshot?.link ?? null, rows: plan.entries ?? 0 };
    return control.feeds.append(appendOf(standing, open ? { ...more, snapshot: moved } : more));
  },
);

const feeds = [
  append,
  append,
  append,
  labelled('beginRead', fc.tuple(feed, owner), ({ control }, [key, by]) => control.feeds.beginRead(key, by)),
  labelled('update', fc.tuple(feed, owner, shape, moment, fc.boolean()), ({ control }, [key, by, to, at, restart]) =>
    control.feeds.update(key, by, {
      shape: to,
      slot: at === null ? null : { at, for: restart ? 'rows' : null },
      metadataVersion: `v-${to}`,
      restartSnapshots: restart,
    }),
  ),
  labelled('snapshots', feed, ({ control }, key) => control.feeds.snapshots(key)),
  labelled('queueSnapshot', fc.tuple(feed, fc.option(profileId)), ({ control }, [key, audience], number) =>
    control.feeds.queueSnapshot(key, `snap-${number}`, audience),
  ),
  labelled('saveMetadata', fc.tuple(feed, shape), ({ control }, [key, name], number) =>
    control.feeds.saveMetadata(key, name, entity(key.entity, `saved ${number}`)),
  ),
];

const profiles = [
  labelled('create', profileId, ({ control }, id) => control.profiles.create(profile(id))),
  labelled('subscribe', fc.tuple(profileId, feed, shape), ({ control }, [id, key, name]) =>
    // One entity of a profile lies in one organization.
    control.profiles.subscribe(id, { ...key, organizationId: id === 'p3' ? 'fabrikam' : 'contoso' }, known(name)),
  ),
  labelled('rename', fc.tuple(profileId, fc.constantFrom('one', 'ONE', 'two')), ({ control }, [id, name]) =>
    control.profiles.update(id, { settings: settings(name) }),
  ),
  labelled('change', fc.tuple(profileId, fc.boolean(), fc.boolean(), moment), ({ control, now }, [id, on, ok, at]) =>
    control.profiles.update(id, {
      state: on ? 'active' : 'deactivated',
      breaker: ok ? null : { code: 'c', reason: 'r', since: 1, probeAt: now() + 30_000 },
      retryAt: at === null ? null : now() + at,
    }),
  ),
  labelled('report', fc.tuple(profileId, feed, fc.nat(6), fc.nat(40)), ({ control }, [id, key, number, snapshot]) =>
    control.profiles.report(id, key.entity, { number, page: `page-${number}`, snapshotId: `snap-${snapshot}` }),
  ),
  labelled('listeners', feed, ({ control }, key) => control.profiles.listeners(key)),
  labelled('due', fc.constant(30_000), ({ control, now }, quietMs) => control.profiles.due(now(), quietMs)),
];

const rare = [
  labelled('remove', profileId, async ({ control }, id) => (await control.profiles.remove(id)).sort()),
  labelled('forget', fc.integer({ min: 1, max: 4 }), async ({ control }, limit) =>
    (await control.retention.forget(DAY, 7 * DAY, limit)).sort(),
  ),
  labelled('sweep', fc.integer({ min: 1, max: 3 }), ({ control }, limit) => control.organizations.sweep(limit)),
  labelled('reserve', fc.record({ requests: fc.nat(20), elapsedMs: fc.nat(90_000) }), ({ control }, spent) =>
    control.organizations.reserve('contoso', spent),
  ),
  labelled('throttle', fc.nat(9_000), ({ control }, ms) => control.organizations.throttle('contoso', ms)),
];

/** Everybody has joined something, so that the random steps meet something to work on. */
const prologue = async ({ control }: ControlUnderTest): Promise<void> => {
  for (const id of PROFILES) {
    await control.profiles.create(profile(id));
    const organizationId = id === 'p3' ? 'fabrikam' : 'contoso';
    for (const name of ['account', 'contact']) {
      await control.profiles.subscribe(id, { organizationId, entity: name }, known('shape-1'));
    }
  }
};
const begin: Step = { label: 'begin', run: prologue, [fc.toStringMethod]: () => 'begin' };

/** Random histories of at most so many steps. */
export function histories(steps: number): fc.Arbitrary<Step[]> {
  const step = fc.oneof(
    { weight: 2, arbitrary: advance },
    { weight: 6, arbitrary: fc.oneof(...bells) },
    { weight: 9, arbitrary: fc.oneof(...feeds) },
    { weight: 3, arbitrary: fc.oneof(...profiles) },
    { weight: 1, arbitrary: fc.oneof(...rare) },
  );
  return fc.array(step, { maxLength: steps, size: 'max' }).map((chosen) => [begin, ...chosen]);
}

/** All that can be seen of a control database. */
export async function everything(control: Control): Promise<unknown> {
  const organizations = ['contoso', 'fabrikam'];
  const stores = await Promise.all(organizations.map((id) => control.feeds.of(id)));
  const details = stores.flat().map(async (each) => ({
    feed: each,
    pages: await control.feeds.pagesAfter(each, 0, 1_000),
    snapshots: await control.feeds.snapshots(each),
    metadata: await control.feeds.metadata(each),
    shapes: [await control.feeds.metadata(each, 'shape-1'), await control.feeds.metadata(each, 'shape-2')],
    listeners: await control.profiles.listeners(each),
  }));
  return {
    feeds: await Promise.all(details),
    profiles: await control.profiles.list(organizations),
    subscriptions: await Promise.all(PROFILES.map((id) => control.profiles.subscriptions(id))),
    abandoned: await control.bells.abandoned(100),
    due: await control.profiles.due(0, 0),
  };
}
