import type { Page } from '../../control/model.ts';
import type { Subscribed } from '../../control/profiles.port.ts';
import type { Applied, Batch, Position } from '../../destination/model.ts';
import { isFreshetError } from '../../errors/error.ts';
import { loadContent } from '../pages.ts';
import { applyMerge } from './apply-merge.ts';
import { mergePages, pagesOfMerge } from './merge.ts';
import { remedy, repair } from './remedy.ts';
import { type ApplyTurn, feedOf, isWished, shapeOfPage } from './turn.ts';

/** Pages looked at for one merge: small ones come in great numbers. */
const MERGE_MAX_PAGES = 50;

/** Applies what is behind in one feed until its end or the turn's. */
export async function applyFeed(turn: ApplyTurn, subscribed: Subscribed): Promise<void> {
  let shape = subscribed.shape;
  while (turn.ports.clock.now() < turn.end && (await isWished(turn))) {
    const position = turn.positions.get(subscribed.entity);
    if (!position) return remedy(turn, subscribed, 'no position');
    const pages = await nextPages(turn, subscribed, position);
    if (pages === 'broken') return remedy(turn, subscribed, 'the chain is broken');
    const [first] = pages;
    if (!first) return;
    const memory = await turn.ports.memory.reserve(contentBytes(pages));
    try {
      const loaded = await load(turn, pages);
      if (loaded.length === 0) return await remedy(turn, subscribed, 'a page is lost');
      if (first.shape !== shape) shape = await reshape(turn, subscribed, first.shape);
      await apply(turn, subscribed, position, loaded);
    } finally {
      memory.release();
    }
  }
}

/** Text, parsed rows and the encoded batch exist at the same time. */
const COPIES_IN_MEMORY = 4;

function contentBytes(pages: readonly Page[]): number {
  return COPIES_IN_MEMORY * pages.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The pages that may follow the position. Only the page that names the position's page may; an end elsewhere breaks the chain, too. */
async function nextPages(turn: ApplyTurn, subscribed: Subscribed, position: Position): Promise<Page[] | 'broken'> {
  const { feeds } = turn.ports.control;
  const key = feedOf(subscribed);
  const after = () => feeds.pagesAfter(key, position.number, MERGE_MAX_PAGES);
  let pages = await after();
  if (pages.length === 0) {
    const feed = await feeds.get(key);
    if (feed === null || feed.tail === position.page) return [];
    // A page may have been appended between the two questions.
    pages = await after();
  }
  if (pages[0]?.previous !== position.page) return 'broken';
  return pagesOfMerge(pages, MERGE_MAX_PAGES);
}

/** The contents of the pages, up to the first that is lost. */
async function load(turn: ApplyTurn, pages: readonly Page[]) {
  const loaded = await Promise.all(
    pages.map(async (page) => ({ page, content: await loadContent(turn.ports.blobs, page) })),
  );
  const lost = loaded.findIndex(({ content }) => content === null);
  return (lost === -1 ? loaded : loaded.slice(0, lost)).flatMap(({ page, content }) =>
    content ? [{ page, content }] : [],
  );
}

type Loaded = Awaited<ReturnType<typeof load>>;

/** Columns are added or widened before the pages that carry them. */
async function reshape(turn: ApplyTurn, subscribed: Subscribed, shape: string): Promise<string> {
  const { entity } = await shapeOfPage(turn, feedOf(subscribed), shape);
  await turn.destination.prepare({ deleteLog: turn.profile.settings.writeDeleteLog });
  await turn.destination.shape(entity);
  await turn.destination.describe(entity);
  await turn.ports.control.profiles.report(turn.profile.id, subscribed.entity, { shape });
  return shape;
}

async function apply(turn: ApplyTurn, subscribed: Subscribed, position: Position, loaded: Loaded): Promise<void> {
  const last = loaded.at(-1)?.page;
  if (!last) return;
  const { columns } = await shapeOfPage(turn, feedOf(subscribed), last.shape);
  const merge = mergePages(loaded, turn.profile.id);
  const oldest = oldestNotification(loaded);
  const base = {
    entity: subscribed.entity,
    expected: position.page,
    to: { page: last.id, number: last.number },
    columns,
    begins: merge.begins,
    ends: merge.ends,
    deleteLog: turn.profile.settings.writeDeleteLog,
    read: merge.read,
    now: turn.ports.clock.now(),
  } satisfies Partial<Batch>;
  try {
    const applied = await applyMerge(turn, base, merge.entries, { shape: last.shape, notifiedAt: oldest });
    await afterCommit(turn, subscribed, position, base.to, applied, loaded, oldest);
  } catch (error) {
    if (!isFreshetError(error, 'DESTINATION_SCHEMA_CHANGED')) throw error;
    await repair(turn, subscribed, error);
  }
}

async function afterCommit(
  turn: ApplyTurn,
  subscribed: Subscribed,
  position: Position,
  to: Batch['to'],
  { counters, stamp }: Applied,
  loaded: Loaded,
  oldest: number | null,
): Promise<void> {
  const { ports, profile } = turn;
  turn.positions.set(subscribed.entity, { ...position, ...to, counters, stamp });
  const now = ports.clock.now();
  const exported = loaded.some(({ page }) => page.entries > 0);
  await ports.control.profiles.report(profile.id, subscribed.entity, {
    ...to,
    counters,
    ...(exported ? { lastExportAt: now } : {}),
    ...(oldest === null ? {} : { lagMs: Math.max(0, now - oldest) }),
  });
  if (counters.regressed > position.counters.regressed) {
    ports.log.write('error', 'rows replaced newer versions', { profileId: profile.id, entity: subscribed.entity });
  }
}

function oldestNotification(loaded: Loaded): number | null {
  const times = loaded.flatMap(({ page }) => (page.notifiedAt === null ? [] : [page.notifiedAt]));
  return times.length === 0 ? null : Math.min(...times);
}
