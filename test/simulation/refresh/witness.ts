import type { MemoryDatabase, MemoryServer } from '../../../shared/environment-databases/memory/server.ts';
import { UNSCRUBBED } from '../../support/refresh-data.ts';

/** What was promised and not kept. */
export class BrokenPromise extends Error {
  readonly check: string;

  constructor(check: string, text: string) {
    super(`${check}: ${text}`);
    this.check = check;
  }
}

const SERVICE_NAMES = ['AxDB', 'MRDB'] as const;

/** Looks at the target's server after every operation: what must hold at any moment. */
export class RefreshWitness {
  readonly #server: MemoryServer;
  readonly #secret = new WeakMap<MemoryDatabase['tables'], boolean>();
  /** The databases that were in service when the operation began. */
  #old: ReadonlySet<string> = new Set();
  /** They may go: the operation is signed off. */
  mayLoseOld = false;

  constructor(server: MemoryServer) {
    this.#server = server;
    this.begin();
  }

  /** Another operation begins: what is in service now is what it must not lose. */
  begin(): void {
    this.#old = new Set(SERVICE_NAMES.flatMap((name) => this.#server.byName(name)?.id ?? []));
    this.mayLoseOld = false;
  }

  look(): void {
    for (const database of this.#server.databases) {
      if (database.state !== 'open') continue;
      if (this.#isSecret(database.tables)) fail('nobody reads what is not scrubbed', `${database.name} is open`);
      if (!isServiceName(database.name)) fail('only databases in service are open', `${database.name} is open`);
    }
    const inService = SERVICE_NAMES.map((name) => this.#server.byName(name));
    if (inService.some((database) => database?.state === 'open')) {
      const sides = inService.map((database) => this.#sideOf(database));
      if (sides[0] !== sides[1]) fail('both databases are exchanged, or neither', `open as ${sides.join(' and ')}`);
    }
    if (this.mayLoseOld) return;
    for (const id of this.#old) if (!this.#server.byId(id)) fail('no database is lost', `the old ${id} is gone`);
  }

  /** Which databases are in service, now that nothing moves: both names stand, open, and belong together. */
  sideAtRest(): 'old' | 'new' {
    this.look();
    const [one, other] = SERVICE_NAMES.map((name) => this.#server.byName(name));
    for (const [index, database] of [one, other].entries()) {
      if (!database) fail('no name is lost', `${SERVICE_NAMES[index]} is gone`);
      else if (database.state !== 'open') fail('at rest the target is in service', `${database.name} is shut`);
    }
    const side = this.#sideOf(one);
    if (side === 'none') fail('no name is lost', 'nothing is in service');
    return side as 'old' | 'new';
  }

  #sideOf(database: MemoryDatabase | undefined): 'old' | 'new' | 'none' {
    if (!database) return 'none';
    return this.#old.has(database.id) ? 'old' : 'new';
  }

  #isSecret(tables: MemoryDatabase['tables']): boolean {
    const known = this.#secret.get(tables);
    if (known !== undefined) return known;
    const text = JSON.stringify([...tables.values()].map(({ rows }) => [...rows.values()]));
    const secret = UNSCRUBBED.some((words) => text.includes(words));
    this.#secret.set(tables, secret);
    return secret;
  }
}

export const isServiceName = (name: string): boolean => (SERVICE_NAMES as readonly string[]).includes(name);

export function fail(check: string, text: string): never {
  throw new BrokenPromise(check, text);
}
