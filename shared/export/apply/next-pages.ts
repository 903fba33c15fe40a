import type { FeedKey, Page } from '../../control/model.ts';
import type { Position } from '../../destination/model.ts';
import { loadContent, type PageContent } from '../pages.ts';
import { concerns } from './merge.ts';
import type { ApplyTurn } from './turn.ts';

/** Pages looked at for one merge: small ones come in great numbers. */
export const MERGE_MAX_PAGES = 50;

/** The first pages after the position. Only the page that names the position's page may follow; else the chain is broken. */
export async function pagesAfter(turn: ApplyTurn, key: FeedKey, position: Position): Promise<Page[] | 'broken'> {
  const { feeds } = turn.ports.control;
  const after = () => feeds.pagesAfter(key, position.number, MERGE_MAX_PAGES);
  let pages = await after();
  if (pages.length === 0) {
    const feed = await feeds.get(key);
    if (feed === null || feed.tail === position.page) return [];
    // A page may have been appended between the two questions.
    pages = await after();
  }
  return pages[0]?.previous === position.page ? pages : 'broken';
}

export interface LoadedPage {
  readonly page: Page;
  readonly content: PageContent;
}

/** Pages in the order of the chain. Those addressed to another profile are passed by, their contents never looked at. */
export interface Loaded {
  readonly pages: readonly Page[];
  readonly contents: readonly LoadedPage[];
}

/** Loads the pages up to the first whose content is lost. */
export async function loadPages(turn: ApplyTurn, pages: readonly Page[]): Promise<Loaded> {
  const loaded = await Promise.all(
    pages.filter((page) => concerns(page, turn.profile.id)).map(async (page) => contentOf(turn, page)),
  );
  const lost = loaded.find(({ content }) => content === null)?.page;
  const contents = loaded.flatMap(({ page, content }) => (content ? [{ page, content }] : []));
  if (!lost) return { pages, contents };
  return {
    pages: pages.filter(({ number }) => number < lost.number),
    contents: contents.filter(({ page }) => page.number < lost.number),
  };
}

async function contentOf(turn: ApplyTurn, page: Page) {
  return { page, content: await loadContent(turn.ports, page) };
}

/**
 * A page's bytes, its text, its parsed cells and its merge exist at the same time. Measured on wide accounts
 * (`npm run bench -- memory`): 2 to 4 times the bytes, inline or blob, and up to 6.2 in scripts of two bytes a character.
 */
const TIMES_IN_MEMORY = 7;

/** What loading and merging the pages takes in memory at most, in bytes. */
export function memoryOf(turn: ApplyTurn, pages: readonly Page[]): number {
  const loaded = pages.filter((page) => concerns(page, turn.profile.id));
  return TIMES_IN_MEMORY * loaded.reduce((sum, { bytes }) => sum + bytes, 0);
}
