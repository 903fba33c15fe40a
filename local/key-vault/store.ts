import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { readIfThere, replaceFile } from '../support/files.ts';
import { deletedNotFound, disabled, existsAgain, isDeleted, notFound } from './errors.ts';

/** One version of a secret. Times are seconds since 1970 UTC, as in the API. */
export interface Version {
  readonly id: string;
  readonly value: string;
  readonly created: number;
  readonly updated: number;
  readonly enabled: boolean;
  readonly notBefore?: number;
  readonly expires?: number;
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What may be changed in a version; `undefined` leaves it as it is. */
export type Properties = Partial<Pick<Version, 'enabled' | 'notBefore' | 'expires' | 'contentType' | 'tags'>>;

export interface Secret {
  readonly name: string;
  /** Oldest first; the last one is current. Never empty. */
  readonly versions: readonly Version[];
  /** Deleted, and recoverable. */
  readonly deleted?: number;
}

/**
 * Secrets in one file that is replaced whole: a local vault holds few. A change is on the disk when its promise resolves.
 * Errors: those of ./errors.ts.
 */
export class SecretStore {
  readonly #file: string;
  #secrets: ReadonlyMap<string, Secret>;
  #changes: Promise<unknown> = Promise.resolve();

  private constructor(file: string, secrets: readonly Secret[]) {
    this.#file = file;
    this.#secrets = new Map(secrets.map((secret) => [secret.name, secret]));
  }

  static async open(data: string): Promise<SecretStore> {
    const file = path.join(data, 'secrets.json');
    return new SecretStore(file, JSON.parse((await readIfThere(file)) ?? '[]') as Secret[]);
  }

  /** By name. */
  list(): Secret[] {
    return this.#all().filter((secret) => secret.deleted === undefined);
  }

  listDeleted(): Secret[] {
    return this.#all().filter((secret) => secret.deleted !== undefined);
  }

  secret(name: string): Secret {
    const secret = this.#secrets.get(name);
    if (!secret || secret.deleted !== undefined) throw notFound(name);
    return secret;
  }

  deletedSecret(name: string): Secret {
    const secret = this.#secrets.get(name);
    if (secret?.deleted === undefined) throw deletedNotFound(name);
    return secret;
  }

  /** The version, or without its id the current one, for reading its value. */
  read(name: string, id: string | undefined): Version {
    const version = findVersion(this.secret(name), id);
    if (!version.enabled) throw disabled();
    return version;
  }

  /** Adds a version, which becomes the current one. */
  set(name: string, value: string, properties: Properties): Promise<Version> {
    return this.#change((secrets) => {
      const secret = secrets.get(name);
      if (secret?.deleted !== undefined) throw isDeleted(name);
      const id = randomBytes(16).toString('hex');
      const version = { enabled: true, ...given(properties), id, value, created: seconds(), updated: seconds() };
      secrets.set(name, { name, versions: [...(secret?.versions ?? []), version] });
      return version;
    });
  }

  update(name: string, id: string | undefined, properties: Properties): Promise<Version> {
    return this.#change((secrets) => {
      const secret = this.secret(name);
      const before = findVersion(secret, id);
      const version = { ...before, ...given(properties), updated: seconds() };
      secrets.set(name, { ...secret, versions: secret.versions.map((other) => (other === before ? version : other)) });
      return version;
    });
  }

  delete(name: string): Promise<Secret> {
    return this.#change((secrets) => {
      const secret = { ...this.secret(name), deleted: seconds() };
      secrets.set(name, secret);
      return secret;
    });
  }

  recover(name: string): Promise<Secret> {
    return this.#change((secrets) => {
      const known = secrets.get(name);
      if (known && known.deleted === undefined) throw existsAgain(name);
      const { versions } = this.deletedSecret(name);
      const secret = { name, versions };
      secrets.set(name, secret);
      return secret;
    });
  }

  purge(name: string): Promise<void> {
    return this.#change((secrets) => {
      this.deletedSecret(name);
      secrets.delete(name);
    });
  }

  #all(): Secret[] {
    return [...this.#secrets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** One change after the other; readers see it once it is on the disk. */
  #change<T>(edit: (secrets: Map<string, Secret>) => T): Promise<T> {
    const change = this.#changes.then(async () => {
      const secrets = new Map(this.#secrets);
      const result = edit(secrets);
      await replaceFile(this.#file, JSON.stringify([...secrets.values()]), 0o600);
      this.#secrets = secrets;
      return result;
    });
    this.#changes = change.catch(() => undefined);
    return change;
  }
}

export function currentVersion(secret: Secret): Version {
  const version = secret.versions.at(-1);
  if (!version) throw notFound(secret.name);
  return version;
}

function findVersion(secret: Secret, id: string | undefined): Version {
  if (id === undefined) return currentVersion(secret);
  const version = secret.versions.find((other) => other.id === id);
  if (!version) throw notFound(`${secret.name}/${id}`);
  return version;
}

const given = (properties: Properties): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));

const seconds = (): number => Math.floor(Date.now() / 1000);
