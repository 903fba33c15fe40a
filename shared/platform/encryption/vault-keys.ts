import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { Clock } from '../clock/port.ts';
import type { Secrets } from '../secrets/port.ts';
import { type DataKey, dataKey, isSealed, isSealedWith, KEY_BYTES, opened, sealed } from './envelope.ts';
import type { Encryption } from './port.ts';

export interface VaultKeysOptions {
  /** Addresses of secrets, at least one: the first key seals, all of them open. */
  readonly urls: readonly string[];
  readonly secrets: Secrets;
  readonly clock: Clock;
}

/** A key that is not known may have been made since; the vault is asked for it no more often than this. */
const ASK_AGAIN_MS = 60_000;

interface Loaded {
  readonly keys: readonly DataKey[];
  readonly at: number;
}

/** Encryption with keys that are secrets of a Key Vault: 32 bytes each, in base64. They are read at the first use and kept. */
export class VaultKeys implements Encryption {
  readonly #options: VaultKeysOptions;
  #loaded: Promise<Loaded> | null = null;

  constructor(options: VaultKeysOptions) {
    this.#options = options;
  }

  async seal(content: Uint8Array): Promise<Uint8Array> {
    const [first] = (await this.#known()).keys;
    if (!first) throw new FreshetError('DATA_KEY_UNAVAILABLE', { reason: 'none is configured' });
    return sealed(first, content);
  }

  async open(content: Uint8Array): Promise<Uint8Array | null> {
    if (!isSealed(content)) return content;
    const known = await this.#known();
    const key = keyFor(content, known) ?? keyFor(content, await this.#askedAgain(known));
    return key ? opened(key, content) : null;
  }

  async #askedAgain(known: Loaded): Promise<Loaded> {
    if (this.#options.clock.now() - known.at < ASK_AGAIN_MS) return known;
    this.#loaded = null;
    return this.#known();
  }

  #known(): Promise<Loaded> {
    const loaded = this.#loaded ?? this.#load();
    this.#loaded = loaded;
    loaded.catch(() => {
      if (this.#loaded === loaded) this.#loaded = null;
    });
    return loaded;
  }

  async #load(): Promise<Loaded> {
    const { urls, secrets, clock } = this.#options;
    try {
      const values = await Promise.all(urls.map((url) => secrets.get(url)));
      return { keys: values.map(({ value }) => keyOf(value)), at: clock.now() };
    } catch (error) {
      if (!isFreshetError(error) || error.code === 'DATA_KEY_UNAVAILABLE') throw error;
      throw new FreshetError('DATA_KEY_UNAVAILABLE', { reason: error.message }, error);
    }
  }
}

function keyFor(content: Uint8Array, { keys }: Loaded): DataKey | undefined {
  return keys.find((key) => isSealedWith(key, content));
}

function keyOf(value: string): DataKey {
  const bytes = Buffer.from(value, 'base64');
  const isExact = bytes.length === KEY_BYTES && bytes.toString('base64') === value.trim();
  if (!isExact) throw new FreshetError('DATA_KEY_UNAVAILABLE', { reason: 'a secret is not 32 bytes in base64' });
  return dataKey(bytes);
}
