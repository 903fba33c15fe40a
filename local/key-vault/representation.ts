import { currentVersion, type Secret, type Version } from './store.ts';

/** Days that a deleted secret can be recovered; Azure's default. */
const RECOVERABLE_DAYS = 90;
const DAY_S = 86_400;

/** Shapes of https://learn.microsoft.com/rest/api/keyvault/secrets, for the vault at the URL `vault`. */
export class Representation {
  readonly #vault: string;

  constructor(vault: string) {
    this.#vault = vault;
  }

  bundle(name: string, version: Version): object {
    return { value: version.value, ...this.versionItem(name, version) };
  }

  versionItem(name: string, version: Version): object {
    return { id: `${this.#vault}/secrets/${name}/${version.id}`, ...properties(version) };
  }

  item(secret: Secret): object {
    return { id: `${this.#vault}/secrets/${secret.name}`, ...properties(currentVersion(secret)) };
  }

  deletedItem(secret: Secret): object {
    return { ...this.item(secret), ...this.#recovery(secret) };
  }

  deletedBundle(secret: Secret): object {
    return { ...this.versionItem(secret.name, currentVersion(secret)), ...this.#recovery(secret) };
  }

  nextLink(path: string, query: Readonly<Record<string, string>>): string {
    return `${this.#vault}${path}?${new URLSearchParams(query)}`;
  }

  #recovery({ name, deleted = 0 }: Secret): object {
    return {
      recoveryId: `${this.#vault}/deletedsecrets/${name}`,
      deletedDate: deleted,
      scheduledPurgeDate: deleted + RECOVERABLE_DAYS * DAY_S,
    };
  }
}

function properties({ enabled, notBefore, expires, created, updated, contentType, tags }: Version): object {
  const recovery = { recoveryLevel: 'Recoverable+Purgeable', recoverableDays: RECOVERABLE_DAYS };
  return { attributes: { enabled, nbf: notBefore, exp: expires, created, updated, ...recovery }, contentType, tags };
}
