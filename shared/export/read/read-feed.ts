import { STARTS_MAX } from '../../control/bells.port.ts';
import type { Feed } from '../../control/model.ts';
import { feedBell } from '../../control/model.ts';
import { FreshetError } from '../../errors/error.ts';
import { comeBack, comeBackAfter, postpone, type ReadMessage, whileLeased } from '../bells.ts';
import type { ExportPorts } from '../ports.ts';
import { readChanges } from './changes.ts';
import { readKeys } from './first-cursor.ts';
import { afterRefusal } from './refusals.ts';
import { openSnapshot, readSnapshot } from './snapshot.ts';
import { isOver, isReserved, metadataOf, type Next, newTurn, pageBytes, type Turn, waitForSlot } from './turn.ts';

/** The rings of a bell, and those answered. */
interface Rings {
  readonly rung: number;
  readonly seen: number;
}

/** A feed whose turns do not end is tried again after this. */
const HELD_BACK_MS = 60_000;

/**
 * Answers a feed's bell: follows its cursor to the end and appends what it finds, then pages of an open snapshot until the bell rings
 * again; until the turn's end at most. Never waits: what is not due is left to a message for then.
 * Rejects with CONTROL_UNAVAILABLE, STORAGE_UNAVAILABLE or QUEUE_UNAVAILABLE when those do not come back; nothing is lost then.
 */
export async function readFeed(ports: ExportPorts, message: ReadMessage): Promise<void> {
  const key = { organizationId: message.organizationId, entity: message.entity };
  const bell = feedBell(key);
  if (message.ring) await ports.control.bells.ring([{ key: bell }]);
  if (!ports.organizations.has(key.organizationId)) return;
  const owner = ports.newId();
  const answer = await ports.control.bells.answer(bell, owner);
  if (answer.lease === 'busy') return comeBack(ports, bell);
  if (answer.lease !== 'taken') return;
  const turn = newTurn(ports, key, owner);
  try {
    await whileLeased(ports, bell, owner, () =>
      answer.starts > STARTS_MAX ? holdBack(turn, answer.starts) : takeTurn(turn),
    );
  } catch (error) {
    await comeBackAfter(ports, bell, owner, error);
  } finally {
    turn.memoryAhead?.release();
  }
}

async function takeTurn(turn: Turn): Promise<void> {
  const { ports, bell, owner } = turn;
  // What was read ahead is still used: at a real organization's pace it is a second's work.
  while (turn.ahead !== null || !(await isOver(turn))) {
    const next = await step(turn);
    if (next === 'done') return;
    if (next !== 'go on') return postpone(ports, bell, owner, next.afterMs);
  }
  await postpone(ports, bell, owner, 0);
}

/** One step: what is most urgent now. */
async function step(turn: Turn): Promise<Next | 'done'> {
  const { ports, key, bell, owner } = turn;
  const held = await ports.control.bells.hold(bell, owner);
  const feed = held && (await ports.control.feeds.get(key));
  if (!feed) return 'done';
  const memory = turn.memoryAhead ?? (await ports.memory.reserve(pageBytes(await metadataOf(turn, feed))));
  turn.memoryAhead = null;
  try {
    const next = await readNext(turn, feed, held);
    if (next === 'go on' && feed.trouble !== null) await ports.control.feeds.update(key, owner, { trouble: null });
    return next;
  } catch (error) {
    // Asking for the definition anew may be refused, too.
    return await afterRefusal(turn, feed, error).catch((second: unknown) => afterRefusal(turn, feed, second));
  } finally {
    memory.release();
  }
}

/**
 * Keys before all; then links under way; then changes a bell announces; then snapshots; and else the lease goes back. A slot
 * that was reserved for rows goes to them, so that neither changes nor snapshots starve where slots have to be waited for.
 */
async function readNext(turn: Turn, feed: Feed, held: Rings): Promise<Next | 'done'> {
  const { token } = feed;
  const bellWaits = held.rung > held.seen;
  const { changeTracking } = await metadataOf(turn, feed);
  if (!changeTracking) return readUntracked(turn, feed, held);
  if (token === null) return readKeys(turn, feed);
  turn.reading = 'changes';
  if (feed.nextLink !== null) return changesInSlot(turn, feed, token);
  const intervalMs = isReserved(feed) ? 0 : Math.max(0, (feed.slot?.at ?? 0) - turn.ports.clock.now());
  const changesDue = bellWaits && turn.ahead === null && intervalMs === 0;
  // Leases are few: a feed that changes all the time would keep its own, and others would never be read.
  if (changesDue && turn.changesRead) return { afterMs: 0 };
  if (changesDue && feed.slot?.for !== 'rows') return changesInSlot(turn, feed, token);
  const snapshot = await openSnapshot(turn);
  if (snapshot !== null && 'snapshot' in snapshot) {
    turn.reading = 'snapshot';
    return readSnapshot(turn, feed, snapshot, bellWaits);
  }
  turn.ahead = null;
  if (changesDue) return changesInSlot(turn, feed, token);
  if (bellWaits) return { afterMs: intervalMs };
  if (snapshot !== null) return snapshot;
  const given = await turn.ports.control.bells.giveBack(turn.bell, turn.owner);
  return given === 'rung' ? 'go on' : 'done';
}

/** Without change tracking a bell tells nothing that could be read: only snapshots are, which a schedule queues. */
async function readUntracked(turn: Turn, feed: Feed, { rung }: Rings): Promise<Next | 'done'> {
  const { bells } = turn.ports.control;
  const snapshot = await openSnapshot(turn);
  if (snapshot !== null && 'afterMs' in snapshot) return snapshot;
  if (snapshot !== null) {
    turn.reading = 'snapshot';
    return readSnapshot(turn, feed, snapshot, false);
  }
  turn.ahead = null;
  if (!(await bells.heard(turn.bell, turn.owner, rung))) return 'done';
  return (await bells.giveBack(turn.bell, turn.owner)) === 'rung' ? 'go on' : 'done';
}

async function changesInSlot(turn: Turn, feed: Feed, token: string): Promise<Next> {
  const wait = await waitForSlot(turn, feed, 'changes');
  return wait > 0 ? { afterMs: wait } : readChanges(turn, feed, token);
}

async function holdBack(turn: Turn, starts: number): Promise<void> {
  const { ports, key, bell, owner } = turn;
  const error = new FreshetError('FEED_KEEPS_FAILING', { entity: key.entity, starts: starts - 1 });
  ports.log.write('error', 'feed held back', { ...key, code: error.code });
  const trouble = { code: error.code, text: error.message, since: ports.clock.now() };
  await ports.control.feeds.update(key, owner, { trouble });
  await postpone(ports, bell, owner, HELD_BACK_MS);
}
