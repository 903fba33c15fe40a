export interface Secret {
  readonly value: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Key Vault secrets. */
export interface Secrets {
  /**
   * Reads the secret at `url` (`https://<vault>/secrets/<name>[/<version>]`, exactly as given, `:443` and a trailing
   * slash allowed). Nothing is requested from a host that is not an allowed vault.
   * Errors: VAULT_URL_REFUSED (input), SECRET_NOT_FOUND, SECRET_FORBIDDEN (stop), VAULT_UNAVAILABLE (retry).
   */
  get(url: string): Promise<Secret>;
  /** Looks at the address alone. Errors: VAULT_URL_REFUSED. */
  check(url: string): void;
}
