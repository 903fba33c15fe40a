import { type BellKey, type Feed, type FeedKey, feedBell } from '../../control/model.ts';
import { exportColumns } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { ReadFrom, SourcePage } from '../../dataverse/model.ts';
import type { Source } from '../../dataverse/port.ts';
import { pageRows } from '../../dataverse/shape.ts';
import type { ExportPorts } from '../ports.ts';

/** A turn ends after this time when others wait, so that no feed holds a worker for itself. */
const TURN_MS = 20_000;
/** And after this one in any case: far below what the host renews a message's lock for, and short enough to shut down after. */
const TURN_MAX_MS = 120_000;
/** A feed's deltas begin at most this often; next links and snapshot pages follow at once. */
export const DELTA_INTERVAL_MS = 250;

/** One worker's turn at one feed: what it holds between the steps. Everything that must last is in the control database. */
export interface Turn {
  readonly ports: ExportPorts;
  readonly key: FeedKey;
  readonly bell: BellKey;
  readonly owner: string;
  readonly source: Source;
  /** When the turn ends (ms) if others wait then, and when in any case. */
  end: number;
  readonly lastEnd: number;
  /** What is being asked for, to know what a refusal is about. */
  reading: 'keys' | 'changes' | 'snapshot';
  /** Changes were read to their end in this turn: the next ones are another turn's. */
  changesRead: boolean;
  /** A page of a long read asked for ahead, and what must still stand when it is used. */
  ahead: {
    readonly of: string;
    readonly link: string;
    readonly token: string | null;
    readonly page: Promise<SourcePage>;
  } | null;
  /** The slot of the page to be read ahead next, if it was free. One that is not used pays for another request. */
  slotAhead: Promise<boolean> | null;
  /** The memory of the page read ahead; the next step takes it over. */
  memoryAhead: { release(): void } | null;
}

/** What a step wants next: go on, or come again later. One that was overtaken goes on, too: the lease tells whether it may. */
export type Next = 'go on' | { readonly afterMs: number };

export function newTurn(ports: ExportPorts, key: FeedKey, owner: string): Turn {
  const source = ports.sourceOf(key.organizationId);
  return {
    ports,
    key,
    bell: feedBell(key),
    owner,
    source,
    end: ports.clock.now() + TURN_MS,
    lastEnd: ports.clock.now() + TURN_MAX_MS,
    reading: 'changes',
    changesRead: false,
    ahead: null,
    slotAhead: null,
    memoryAhead: null,
  };
}

/** To end a turn costs a long read a quarter of a second, so it goes on for some time while no other feed waits. */
export async function isOver(turn: Turn): Promise<boolean> {
  const { clock, control } = turn.ports;
  if (clock.now() < turn.end) return false;
  if (turn.end >= turn.lastEnd || (await control.bells.feedsWait())) return true;
  turn.end = Math.min(clock.now() + TURN_MS, turn.lastEnd);
  return false;
}

/** The definition under which the feed is read. */
export function metadataOf({ ports, key }: Turn, { shape }: Feed): Promise<EntityMetadata> {
  return ports.definitions.of(key, shape);
}

/** Takes a slot among the organization's requests; the wait in ms when it is not now. */
export async function reserveRequest(ports: ExportPorts, organizationId: string, { usage }: Source): Promise<number> {
  const wait = await ports.control.organizations.reserve(organizationId, usage.take());
  usage.reserved();
  return wait;
}

/**
 * How long to wait (ms) for the slot in which the next request may be made. One that is not now is kept for then: a feed that
 * reserved anew each time it comes back would never get one where many wait.
 */
export async function waitForSlot(turn: Turn, feed: Feed, reading: 'changes' | 'rows'): Promise<number> {
  const now = turn.ports.clock.now();
  if (isReserved(feed)) return Math.max(0, (feed.slot?.at ?? now) - now);
  const wait = await reserveRequest(turn.ports, turn.key.organizationId, turn.source);
  if (wait > 0) await turn.ports.control.feeds.update(turn.key, turn.owner, { slot: { at: now + wait, for: reading } });
  return wait;
}

export function isReserved({ slot }: Feed): boolean {
  return slot !== null && slot.for !== null;
}

/** The reservation that a page of keys or rows used up, as its append says it. */
export function usedSlot(feed: Feed): { slot?: null } {
  return isReserved(feed) ? { slot: null } : {};
}

/** Takes a slot that is free at this moment, or none. */
export async function slotNow(turn: Turn, feed: Feed): Promise<boolean> {
  // Where slots have to be waited for, none is spent on a guess.
  return !isReserved(feed) && (await waitForSlot(turn, feed, 'rows')) === 0;
}

/** One request, its size reserved in the memory budget by the caller. */
export function readPage(
  turn: Turn,
  entity: EntityMetadata,
  from: ReadFrom,
  maxRows = pageRows(entity),
): Promise<SourcePage> {
  return turn.source.read(entity, from, maxRows);
}

/** What a page may take in memory while it is converted and stored: a rough upper mean of a cell, measured on wide accounts. */
const CELL_BYTES = 60;

export function pageBytes(entity: EntityMetadata): number {
  return pageRows(entity) * exportColumns(entity).length * CELL_BYTES;
}
