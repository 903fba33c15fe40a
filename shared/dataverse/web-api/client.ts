import { FreshetError } from '../../errors/error.ts';
import { withDeadline } from '../../platform/clock/deadline.ts';
import type { Clock } from '../../platform/clock/port.ts';
import type { Credential } from '../../platform/identity/credential.port.ts';
import { Usage } from '../usage.ts';
import { refusedError, type Subject, unansweredError } from './errors.ts';
import { Unreadable } from './unreadable.ts';

/** How to reach one organization's Web API. */
export interface WebApiOptions {
  /** The organization's address, e.g. `https://contoso.crm.dynamics.com`; a path is ignored. */
  readonly url: string;
  readonly credential: Credential;
  readonly clock: Clock;
  readonly fetch?: typeof fetch;
}

export interface Request {
  /** Below the API's root, or a link that the organization gave. */
  readonly path: string;
  readonly subject: Subject;
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

export interface Answer {
  readonly text: string;
  /** Size of the body as it was read, after decompression. */
  readonly bytes: number;
}

const API = '/api/data/v9.2/';
/** Any version: links are followed as they were given. */
const API_ROOT = '/api/data/';
const TIMEOUT_MS = 60_000;

/** Sends one request at a time to one organization and sorts what can go wrong into the register. Retries nothing. */
export class WebApiClient {
  readonly host: string;
  readonly usage = new Usage();
  readonly #origin: string;
  readonly #credential: Credential;
  readonly #clock: Clock;
  readonly #fetch: typeof fetch;

  constructor({ url, credential, clock, fetch: given = fetch }: WebApiOptions) {
    const { host, origin } = new URL(url);
    this.host = host;
    this.#origin = origin;
    this.#credential = credential;
    this.#clock = clock;
    this.#fetch = given;
  }

  async send(request: Request): Promise<Answer> {
    const url = this.#resolve(request.path);
    const startedAt = this.#clock.now();
    const { response, content } = await this.#exchange(url, request)
      .catch((error: unknown) => {
        throw unansweredError(error, this.host);
      })
      .finally(() => this.usage.made(Math.max(0, this.#clock.now() - startedAt)));
    const text = textOf(content);
    if (!response.ok) {
      const { status, headers } = response;
      throw refusedError({ host: this.host, status, headers, body: text }, request.subject, this.#clock);
    }
    return { text, bytes: content.byteLength };
  }

  /** `read` applied to an answer's text. */
  parse(text: string, read: (text: string) => unknown = JSON.parse): unknown {
    try {
      return read(text);
    } catch {
      // The error quotes the text, so it is not kept as the cause.
      throw this.unreadable('it is not JSON');
    }
  }

  /** What `read` makes of an answer; what it cannot read becomes SOURCE_ANSWER_UNREADABLE. */
  readable<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof Unreadable ? this.unreadable(error.message) : error;
    }
  }

  unreadable(reason: string): FreshetError {
    return new FreshetError('SOURCE_ANSWER_UNREADABLE', { host: this.host, reason });
  }

  async #exchange(url: string, { method = 'GET', headers, body }: Request) {
    const { token } = await this.#credential.getToken(`${this.#origin}/.default`);
    return withDeadline(this.#clock, TIMEOUT_MS, async (signal) => {
      const response = await this.#fetch(url, {
        method,
        headers: {
          Accept: 'application/json',
          Authorization: `Bearer ${token}`,
          'OData-MaxVersion': '4.0',
          'OData-Version': '4.0',
          ...(body && { 'Content-Type': 'application/json; charset=utf-8' }),
          ...headers,
        },
        body: body && JSON.stringify(body),
        // A redirect could lead the token elsewhere.
        redirect: 'manual',
        signal,
      });
      return { response, content: await response.arrayBuffer() };
    });
  }

  /** The token goes to the organization only: a link to another place is not followed. */
  #resolve(path: string): string {
    const url = URL.parse(path, this.#origin + API);
    if (url?.origin !== this.#origin || url.username !== '' || !url.pathname.startsWith(API_ROOT)) {
      throw this.unreadable('a link leads to another place');
    }
    return URL.canParse(path) ? path : url.href;
  }
}

const BYTE_ORDER_MARK = '\uFEFF';

/** As a TextDecoder reads it, in a fraction of the time. */
function textOf(content: ArrayBuffer): string {
  const text = Buffer.from(content).toString();
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
