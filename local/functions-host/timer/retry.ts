import type { RpcRetryContext, RpcRetryOptions } from '../core-types.ts';
import { detailsOf, messageOf } from '../log.ts';

const SECOND_MS = 1000;

/**
 * Runs an invocation under the function's retry policy (`retryOptions`): the first attempt without a retry context,
 * the others with its number and the last error. Rejects with the last error.
 */
export async function withRetries(
  policy: RpcRetryOptions | undefined,
  attempt: (context: RpcRetryContext | undefined) => Promise<unknown>,
  wait: (ms: number) => Promise<void>,
): Promise<void> {
  const limit = policy === undefined ? 0 : policy.maxRetryCount;
  let context: RpcRetryContext | undefined;
  for (let retryCount = 0; ; retryCount += 1) {
    try {
      await attempt(context);
      return;
    } catch (error) {
      if (policy === undefined || (limit !== -1 && retryCount >= limit)) throw error;
      await wait(delayOf(policy, retryCount));
      const exception = { message: messageOf(error), source: '', stackTrace: detailsOf(error) };
      context = { retryCount: retryCount + 1, maxRetryCount: limit, exception };
    }
  }
}

/** Exponential back-off doubles from the minimum to the maximum; the real host adds a little chance. */
function delayOf(policy: RpcRetryOptions, retryCount: number): number {
  if (policy.retryStrategy === 'fixedDelay') return (policy.delayInterval?.seconds ?? 0) * SECOND_MS;
  const { minimumInterval, maximumInterval } = policy;
  const delay = (minimumInterval?.seconds ?? 0) * 2 ** retryCount;
  return Math.min(delay, maximumInterval?.seconds ?? delay) * SECOND_MS;
}
