import type { EntityMetadata } from '../dataverse/metadata.ts';
import type { Source } from '../dataverse/port.ts';

/** The definitions of one organization as they are from one moment on. */
export interface DefinitionsNow {
  /** The organization's metadata version at that moment: none of the definitions is older. Null when it did not tell. */
  readonly version: string | null;
  /** Rejects as `Source.metadata` does. */
  of(entity: string): Promise<EntityMetadata>;
}

interface Kept {
  readonly version: string;
  readonly definition: EntityMetadata;
}

/** Attributes of all the definitions kept; with their options and labels they take some 40 MB. */
const MOST_ATTRIBUTES = 20_000;

/**
 * An activation needs each definition several times in a few seconds, and one costs up to sixteen requests. So those loaded last
 * are kept, each for as long as the organization's metadata version stays the one that was read before it was loaded.
 */
export class Definitions {
  readonly #sourceOf: (organizationId: string) => Source;
  /** By organization and entity, the one loaded first in front. */
  readonly #kept = new Map<string, Kept>();
  #attributes = 0;

  constructor(sourceOf: (organizationId: string) => Source) {
    this.#sourceOf = sourceOf;
  }

  /** One request, and those for the definitions that are not known to be current. */
  async now(organizationId: string): Promise<DefinitionsNow> {
    const source = this.#sourceOf(organizationId);
    const version = await source.metadataVersion();
    return { version, of: (entity) => this.#load(source, `${organizationId}/${entity}`, entity, version) };
  }

  async #load(source: Source, key: string, entity: string, version: string | null): Promise<EntityMetadata> {
    const kept = this.#kept.get(key);
    if (kept && kept.version === version) return kept.definition;
    const definition = await source.metadata(entity);
    if (version !== null) this.#keep(key, { version, definition });
    return definition;
  }

  #keep(key: string, kept: Kept): void {
    this.#drop(key);
    this.#kept.set(key, kept);
    this.#attributes += kept.definition.attributes.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#attributes <= MOST_ATTRIBUTES) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#attributes -= this.#kept.get(key)?.definition.attributes.length ?? 0;
    this.#kept.delete(key);
  }
}
