import { pairsOf, targetOf } from '../../control/operation.ts';
import { FreshetError } from '../../errors/error.ts';
import { mustFind } from './databases.ts';
import type { Turn, Waiting } from './turn.ts';

/** Between two looks at a database synchronization, which takes minutes. */
const POLL_MS = 5_000;

/** Asks the environment to synchronize its database with its application, once, and waits for it without keeping a worker. */
export async function synchronize(turn: Turn): Promise<Waiting | null> {
  const { ports, operation } = turn;
  const { settings } = await mustFind(ports, targetOf(operation));
  const url = settings.synchronizationUrl;
  if (url === null) {
    turn.log.line('no database synchronization is configured for the target');
    return null;
  }
  const { id, targetId: environmentId } = operation;
  if (operation.synchronizationAt === null) {
    const databases = pairsOf(operation).map(([, { name }]) => name);
    await ports.synchronization.begin(url, { id, environmentId, databases });
    await turn.change(() => ({ synchronizationAt: ports.clock.now() }));
    turn.log.line('the database synchronization has begun');
  }
  const { status, text } = await ports.synchronization.progress(url, id);
  if (status === 'failed') throw new FreshetError('SYNCHRONIZATION_FAILED', { text: text || 'it gave no reason' });
  if (status === 'succeeded') {
    turn.log.line(`the database synchronization has succeeded ${text}`.trimEnd());
    return null;
  }
  const sinceMs = ports.clock.now() - (turn.operation.synchronizationAt ?? ports.clock.now());
  const { synchronizationMaxMs } = ports.options;
  if (sinceMs > synchronizationMaxMs)
    throw new FreshetError('SYNCHRONIZATION_FAILED', {
      text: `no end within ${synchronizationMaxMs / 60_000} minutes`,
    });
  return { waitMs: POLL_MS };
}
