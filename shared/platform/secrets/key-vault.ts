import { SecretClient, type SecretClientOptions } from '@azure/keyvault-secrets';
import { FreshetError } from '../../errors/error.ts';
import { withDeadline } from '../clock/deadline.ts';
import type { Clock } from '../clock/port.ts';
import type { Credential } from '../identity/credential.port.ts';
import { reasonOf, statusOf } from '../reason.ts';
import type { Secret, Secrets } from './port.ts';
import { parseVaultUrl, type VaultUrl } from './vault-url.ts';

export interface KeyVaultOptions {
  readonly credential: Credential;
  /** Vaults that are not Azure's, each as `host:port`. */
  readonly allowed: readonly string[];
  readonly clock: Clock;
}

/** A vault redirects nobody; following one could leave the allowed hosts. One repetition, the callers retry as a whole. */
const CLIENT: SecretClientOptions = {
  redirectOptions: { maxRetries: 0 },
  retryOptions: { maxRetries: 1, retryDelayInMs: 250, maxRetryDelayInMs: 1_000 },
};

/** A request with its sign-in and its repetition. */
const REQUEST_MS = 15_000;

/** One installation uses few vaults; more than this are somebody's attempts. */
const CLIENTS_MAX = 50;

/** Azure Key Vault, or the local one. The client of a vault, and with it its token, is kept. */
export class KeyVaultSecrets implements Secrets {
  readonly #options: KeyVaultOptions;
  readonly #clients = new Map<string, SecretClient>();

  constructor(options: KeyVaultOptions) {
    this.#options = options;
  }

  check(url: string): void {
    parseVaultUrl(url, this.#options.allowed);
  }

  async get(url: string): Promise<Secret> {
    const address = parseVaultUrl(url, this.#options.allowed);
    const { name, version } = address;
    try {
      const { value, properties } = await withDeadline(this.#options.clock, REQUEST_MS, (abortSignal) =>
        this.#client(address).getSecret(name, { abortSignal, ...(version !== undefined && { version }) }),
      );
      return { value: value ?? '', tags: { ...properties.tags } };
    } catch (error) {
      throw classified(error, address);
    }
  }

  #client({ vault, listed }: VaultUrl): SecretClient {
    const kept = this.#clients.get(vault);
    if (kept) return kept;
    // A vault of Azure must ask for a token of its own domain; one of the installation's list has a domain of its own.
    const options = { ...CLIENT, disableChallengeResourceVerification: listed };
    const client = new SecretClient(vault, this.#options.credential, options);
    const oldest = this.#clients.keys().next();
    if (this.#clients.size >= CLIENTS_MAX && !oldest.done) this.#clients.delete(oldest.value);
    this.#clients.set(vault, client);
    return client;
  }
}

function classified(error: unknown, { host, name }: VaultUrl): FreshetError {
  switch (statusOf(error)) {
    // 400: what stands for the version cannot be one.
    case 400:
    case 404:
      return new FreshetError('SECRET_NOT_FOUND', { name }, error);
    case 401:
    case 403:
      return new FreshetError('SECRET_FORBIDDEN', { name }, error);
    default:
      return new FreshetError('VAULT_UNAVAILABLE', { host, reason: reasonOf(error) }, error);
  }
}
