import { readFile } from 'node:fs/promises';
import { request } from 'node:https';

const RESOURCE = 'https://vault.azure.net';
const API_VERSION = '7.6';
const REQUEST_MS = 10_000;

interface Answer {
  readonly status: number;
  readonly text: string;
}

type Call = (method: string, url: string, body?: string) => Promise<Answer>;

/** Secrets of the local vault, for what sets an installation up. Not by `fetch`, which cannot be told of one more authority. */
export class VaultClient {
  readonly #vault: string;
  readonly #call: Call;

  private constructor(vault: string, call: Call) {
    this.#vault = vault;
    this.#call = call;
  }

  /** `identity` and `url`: origins of the issuer and of the vault; `caFile`: whom to trust. */
  static async connect(place: { identity: string; url: string; caFile: string }): Promise<VaultClient> {
    const { identity, url, caFile } = place;
    const ca = await readFile(caFile, 'utf8');
    const authorization = `Bearer ${await tokenOf(identity)}`;
    return new VaultClient(url, (method, address, body) => call(address, { method, ca, authorization, body }));
  }

  addressOf(name: string): string {
    return `${this.#vault}/secrets/${name}`;
  }

  /** Null when there is none. */
  async get(name: string): Promise<string | null> {
    const { status, text } = await this.#call('GET', this.#versioned(name));
    if (status === 404) return null;
    if (status !== 200) throw new Error(`the vault answered ${status} when asked for the secret ${name}`);
    return (JSON.parse(text) as { value: string }).value;
  }

  async set(name: string, value: string, tags: Readonly<Record<string, string>> = {}): Promise<void> {
    const { status } = await this.#call('PUT', this.#versioned(name), JSON.stringify({ value, tags }));
    if (status !== 200) throw new Error(`the vault answered ${status} when given the secret ${name}`);
  }

  /** The value there, or else the one made now: it may have been changed by hand. */
  async ensure(name: string, make: () => string, tags?: Readonly<Record<string, string>>): Promise<string> {
    const known = await this.get(name);
    if (known !== null) return known;
    const value = make();
    await this.set(name, value, tags);
    return value;
  }

  #versioned(name: string): string {
    return `${this.addressOf(name)}?api-version=${API_VERSION}`;
  }
}

async function tokenOf(identity: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: `${RESOURCE}/.default` });
  const answer = await fetch(`${identity}/token`, { method: 'POST', body, signal: AbortSignal.timeout(REQUEST_MS) });
  return ((await answer.json()) as { access_token: string }).access_token;
}

interface Request {
  readonly method: string;
  readonly ca: string;
  readonly authorization: string;
  readonly body: string | undefined;
}

function call(url: string, { method, ca, authorization, body }: Request): Promise<Answer> {
  const headers = { Authorization: authorization, 'Content-Type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, ca, headers, agent: false, timeout: REQUEST_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('timeout', () => sent.destroy(new Error('the vault does not answer')));
    sent.on('error', reject);
    sent.end(body);
  });
}
