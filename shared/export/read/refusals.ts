import { type Feed, UNTRIED } from '../../control/model.ts';
import { type FreshetError, isFreshetError } from '../../errors/error.ts';
import { registered } from '../../errors/register.ts';
import { reloadMetadata } from './metadata.ts';
import type { Next, Turn } from './turn.ts';

/** A source that cannot be read is asked again after 2 s, then as long after as the trouble has lasted, at most a minute. */
const TROUBLE_FIRST_MS = 2_000;
const TROUBLE_MAX_MS = 60_000;

/** What follows when the source refuses. Errors that are not the source's are thrown on. */
export async function afterRefusal(turn: Turn, feed: Feed, error: unknown): Promise<Next> {
  turn.ahead = null;
  if (isFreshetError(error, 'CURSOR_EXPIRED')) return afterExpiry(turn, feed);
  if (isFreshetError(error, 'ATTRIBUTE_GONE')) return afterGoneAttribute(turn, feed, error);
  if (isFreshetError(error, 'SOURCE_THROTTLED')) {
    const afterMs = Number(error.values.retryAfterMs);
    await turn.ports.control.organizations.throttle(turn.key.organizationId, afterMs);
    return { afterMs };
  }
  if (isFreshetError(error) && (error.code.startsWith('SOURCE_') || error.code === 'ENTITY_NOT_FOUND')) {
    return wait(turn, feed, error);
  }
  throw error;
}

/**
 * The organization no longer honours a link. A next link of changes goes back to the token its read began with; one of a
 * snapshot or of the keys begins that read anew; a token means a new first cursor, and a snapshot for all.
 */
async function afterExpiry(turn: Turn, feed: Feed): Promise<Next> {
  const { ports, key, owner } = turn;
  const { feeds } = ports.control;
  ports.log.write('warn', 'cursor expired', {
    ...key,
    nextLink: feed.nextLink !== null,
    keys: feed.token === null,
  });
  if (feed.token === null) {
    await feeds.update(key, owner, { cursor: { keysLink: null } });
  } else if (feed.nextLink !== null) {
    await feeds.update(key, owner, { cursor: { nextLink: null } });
  } else if (turn.reading === 'snapshot') {
    await feeds.update(key, owner, { restartSnapshots: true });
  } else {
    await startOver(turn, feed);
  }
  return 'go on';
}

/** An attribute vanished; or, with a new first cursor, the organization wants the columns of a token's own read. */
async function afterGoneAttribute(turn: Turn, feed: Feed, error: FreshetError): Promise<Next> {
  if (turn.reading === 'changes' && feed.keysLink === UNTRIED) {
    await startOver(turn, feed);
    return 'go on';
  }
  const same = await reloadMetadata(turn, feed, null);
  return same ? wait(turn, feed, error) : 'go on';
}

/** The snapshot is queued first: a crash in between then costs a snapshot more, never a change. */
async function startOver(turn: Turn, feed: Feed): Promise<void> {
  const { ports, key, owner } = turn;
  const { feeds } = ports.control;
  await feeds.queueSnapshot(key, ports.newId(), null);
  const columns = feed.keysLink === UNTRIED ? { keysNeedColumns: true } : {};
  const cursor = { token: null, nextLink: null, keysLink: null, givenUp: feed.token ?? feed.givenUp };
  await feeds.update(key, owner, { cursor: { ...cursor, ...columns } });
}

async function wait(turn: Turn, feed: Feed, error: FreshetError): Promise<Next> {
  const { ports, key, owner } = turn;
  const now = ports.clock.now();
  const since = feed.trouble?.since ?? now;
  // The entity was deleted: its rows stay as they are, and others go on. Should it come back, reading it goes on too.
  const isNews = error.code === 'ENTITY_NOT_FOUND' && feed.trouble?.code !== error.code;
  const gone = { kind: 'entityRemoved', subject: key.entity, from: null, to: null } as const;
  await ports.control.feeds.update(key, owner, {
    trouble: { code: error.code, text: error.message, since },
    drift: isNews ? [gone] : [],
  });
  if (feed.trouble === null) ports.log.write('warn', 'feed waits', { ...key, code: error.code, reason: error.message });
  const passes = registered(error.code).class === 'retry';
  return { afterMs: passes ? Math.min(TROUBLE_MAX_MS, Math.max(TROUBLE_FIRST_MS, now - since)) : TROUBLE_MAX_MS };
}
