import type { WebApiOptions } from '../../../../shared/dataverse/web-api/client.ts';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';

export const URL_OF_CONTOSO = 'https://contoso.crm.dynamics.com';
export const API = `${URL_OF_CONTOSO}/api/data/v9.2/`;
export const TOKEN = 'eyJ-a-secret-token';

export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
}

type Reply = (sent: Sent, signal: AbortSignal) => Response | Promise<Response>;

/** An organization that answers as told, and what it was asked. */
export function answering(reply: Reply): { options: WebApiOptions; sent: Sent[]; clock: VirtualClock } {
  const sent: Sent[] = [];
  const clock = new VirtualClock();
  const fetch = async (url: unknown, init: RequestInit = {}) => {
    const { method = 'GET', headers, body, signal } = init;
    const one = {
      url: String(url),
      method,
      headers: new Headers(headers),
      body: body ? JSON.parse(String(body)) : null,
    };
    sent.push(one);
    return reply(one, signal ?? new AbortController().signal);
  };
  const credential = { getToken: async () => ({ token: TOKEN, expiresOnTimestamp: 0 }) };
  return { options: { url: URL_OF_CONTOSO, credential, clock, fetch: fetch as typeof globalThis.fetch }, sent, clock };
}

export function json(body: unknown, init: ResponseInit = {}): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), init);
}

export function refusal(status: number, code: string, message = '', headers: Record<string, string> = {}): Response {
  return json({ error: { code, message } }, { status, headers });
}
