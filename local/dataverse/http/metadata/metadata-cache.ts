import type { EntityDefinition } from '../../model/definitions.ts';

/** How long the service may go on giving a definition that has changed since. */
const CACHE_MS = 30_000;

/** Definitions as the service's cache knows them; a read with strong consistency renews it. */
export class MetadataCache {
  private readonly entries = new Map<string, { readonly definition: EntityDefinition; readonly until: number }>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  read(current: EntityDefinition, strong: boolean): EntityDefinition {
    const entry = this.entries.get(current.logicalName);
    if (entry && !strong && this.now() < entry.until) return entry.definition;
    this.entries.set(current.logicalName, { definition: current, until: this.now() + CACHE_MS });
    return current;
  }
}
