import { withDeadline } from '../clock/deadline.ts';
import type { Clock } from '../clock/port.ts';

/** How an adapter calls a service over HTTP; injected, so that tests answer instead. */
export interface Http {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** These answers are small and quick; a caller of Freshet's own API waits for them. */
const REQUEST_MS = 10_000;

/** The JSON object of a 2xx answer. Redirects are not followed. Rejects with what went wrong, without the answer's body. */
export function fetchJson(http: Http, url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  return withDeadline(http.clock, REQUEST_MS, async (signal) => {
    const { fetch } = http;
    const answer = await fetch(url, { ...init, redirect: 'error', signal });
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new Error(`${new URL(url).host} answered ${answer.status}`);
    }
    const body: unknown = await answer.json();
    if (typeof body !== 'object' || body === null) throw new Error(`${new URL(url).host} answered no JSON object`);
    return body as Record<string, unknown>;
  });
}
