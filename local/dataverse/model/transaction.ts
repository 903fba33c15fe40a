import { rowLocked, rowNotFound } from './errors.ts';
import type { Organization } from './organization.ts';
import type { Values } from './row.ts';

interface Hooks {
  reserveVersion(): number;
  /** Throws when another transaction holds the row. */
  assertFree(id: string): void;
  apply(version: number, change: () => void): void;
  closed(): void;
}

/**
 * Changes that have their versions already but are seen by nobody until the commit. Their rows are locked, and no token
 * passes the first of their versions meanwhile. What no longer fits at the commit is dropped.
 */
export class Transaction {
  /** Null until something is changed. */
  firstVersion: number | null = null;
  private readonly organization: Organization;
  private readonly hooks: Hooks;
  private readonly held = new Set<string>();
  private changes: { version: number; run: () => void }[] = [];

  constructor(organization: Organization, hooks: Hooks) {
    this.organization = organization;
    this.hooks = hooks;
  }

  create(entity: string, values: Values, id: string = this.organization.newId()): string {
    this.enlist(id, () => this.organization.create(entity, values, { id }));
    return id;
  }

  update(entity: string, id: string, values: Values): void {
    if (!this.organization.find(entity, id)) throw rowNotFound(entity, id);
    this.enlist(id, () => this.organization.update(entity, id, values));
  }

  delete(entity: string, id: string): void {
    if (!this.organization.find(entity, id)) throw rowNotFound(entity, id);
    this.enlist(id, () => this.organization.delete(entity, id));
  }

  holds(id: string): boolean {
    return this.held.has(id);
  }

  commit(): void {
    const changes = this.changes;
    this.close();
    for (const { version, run } of changes) this.hooks.apply(version, () => attempt(run));
  }

  rollback(): void {
    this.close();
  }

  private enlist(id: string, run: () => void): void {
    if (this.held.has(id)) throw rowLocked();
    this.hooks.assertFree(id);
    this.held.add(id);
    const version = this.hooks.reserveVersion();
    this.firstVersion ??= version;
    this.changes.push({ version, run });
  }

  private close(): void {
    this.changes = [];
    this.held.clear();
    this.hooks.closed();
  }
}

/** Something else may have made the change impossible: deleted a row it refers to, for example. */
function attempt(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'DataverseError') throw error;
  }
}
