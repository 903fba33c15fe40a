import { FreshetError } from '../../errors/error.ts';
import type { Secret, Secrets } from './port.ts';
import { parseVaultUrl } from './vault-url.ts';

/** Vaults of one process, for tests and simulations. */
export class MemorySecrets implements Secrets {
  readonly #allowed: readonly string[];
  readonly #secrets = new Map<string, Secret>();

  /** `allowed`: vaults that are not Azure's, each as `host:port`. */
  constructor(allowed: readonly string[] = []) {
    this.#allowed = allowed;
  }

  /** Stores a secret at its URL; one with a version also becomes the current version. Errors: VAULT_URL_REFUSED. */
  set(url: string, secret: Secret): void {
    const { vault, name, version } = parseVaultUrl(url, this.#allowed);
    this.#secrets.set(keyOf(vault, name), secret);
    if (version !== undefined) this.#secrets.set(keyOf(vault, name, version), secret);
  }

  check(url: string): void {
    parseVaultUrl(url, this.#allowed);
  }

  async get(url: string): Promise<Secret> {
    const { vault, name, version } = parseVaultUrl(url, this.#allowed);
    const secret = this.#secrets.get(keyOf(vault, name, version));
    if (!secret) throw new FreshetError('SECRET_NOT_FOUND', { name });
    return secret;
  }
}

const keyOf = (vault: string, name: string, version = ''): string => `${vault}/${name}/${version}`;
