import { z } from 'zod';
import { FreshetError } from '../../errors/error.ts';
import { withDeadline } from '../clock/deadline.ts';
import type { Clock } from '../clock/port.ts';
import { reasonOf } from '../reason.ts';
import type { Synchronization, SynchronizationProgress, SynchronizationRequest } from './port.ts';

export interface HttpSynchronizationOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

const REQUEST_MS = 30_000;

const answerOf = z.object({ Status: z.enum(['InProgress', 'Completed', 'Failed']), Message: z.string().nullish() });
const STATUSES = { InProgress: 'running', Completed: 'succeeded', Failed: 'failed' } as const;

/**
 * The contract with an environment. `POST <url>` with `{"OperationActivityId", "EnvironmentId", "Databases"}` begins a database
 * synchronization, or does nothing when one of that id was begun; `GET <url>/<OperationActivityId>` tells how it stands:
 * `{"Status": "InProgress" | "Completed" | "Failed", "Message": string | null}`. What the address has behind its path (a key) stays there.
 */
export class HttpSynchronization implements Synchronization {
  readonly #options: HttpSynchronizationOptions;

  constructor(options: HttpSynchronizationOptions) {
    this.#options = options;
  }

  async begin(url: string, { id, environmentId, databases }: SynchronizationRequest): Promise<void> {
    const body = JSON.stringify({ OperationActivityId: id, EnvironmentId: environmentId, Databases: databases });
    await this.#ask(addressOf(url), { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }

  async progress(url: string, id: string): Promise<SynchronizationProgress> {
    const address = addressOf(url);
    address.pathname = `${address.pathname.replace(/\/$/, '')}/${encodeURIComponent(id)}`;
    const parsed = answerOf.safeParse(await this.#ask(address, { method: 'GET' }));
    if (!parsed.success) throw refused(`${address.host} answered something else than the contract says`);
    return { status: STATUSES[parsed.data.Status], text: parsed.data.Message ?? '' };
  }

  /** What an overloaded or restarting service answers passes; any other refusal does not. */
  async #ask(address: URL, init: RequestInit): Promise<unknown> {
    const { fetch, clock } = this.#options;
    const { status, text } = await withDeadline(clock, REQUEST_MS, async (signal) => {
      const answer = await fetch(address, { ...init, redirect: 'error', signal });
      return { status: answer.status, text: await answer.text() };
    }).catch((error: unknown) => {
      throw new FreshetError('SYNCHRONIZATION_UNAVAILABLE', { reason: reasonOf(error) }, error);
    });
    if (status >= 200 && status < 300) return jsonOf(text);
    const reason = `${address.host} answered ${status}`;
    if (status === 408 || status === 429 || status >= 500)
      throw new FreshetError('SYNCHRONIZATION_UNAVAILABLE', { reason });
    throw refused(reason);
  }
}

function addressOf(url: string): URL {
  return URL.parse(url) ?? refuse('its address is none');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const refused = (reason: string) => new FreshetError('SYNCHRONIZATION_REFUSED', { reason });

function refuse(reason: string): never {
  throw refused(reason);
}
