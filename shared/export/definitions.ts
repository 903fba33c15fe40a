import type { FeedKey } from '../control/model.ts';
import type { EntityMetadata } from '../dataverse/metadata.ts';
import { FreshetError } from '../errors/error.ts';
import type { ExportPorts } from './ports.ts';

/** The definitions of one organization as they are from one moment on. */
export interface DefinitionsNow {
  /** The organization's metadata version at that moment: none of the definitions is older. Null when it did not tell. */
  readonly version: string | null;
  /** Rejects as `Source.metadata` does. */
  of(entity: string): Promise<EntityMetadata>;
}

interface Kept {
  readonly definition: EntityMetadata;
  /** The metadata version read before it was loaded; null for one that a shape names, which is never another. */
  readonly version: string | null;
}

/** Attributes of all the definitions kept; with their options and labels they take some 40 MB. */
const MOST_ATTRIBUTES = 20_000;

/**
 * Definitions that this process needs again and again. An activation does, several times in a few seconds, and one costs up to
 * sixteen requests; a turn does, and that of a wide entity is a megabyte to read.
 */
export class Definitions {
  readonly #ports: Pick<ExportPorts, 'sourceOf' | 'control'>;
  /** The one used last at the end. */
  readonly #kept = new Map<string, Kept>();
  #attributes = 0;

  constructor(ports: Pick<ExportPorts, 'sourceOf' | 'control'>) {
    this.#ports = ports;
  }

  /** The definition that a shape names. FEED_SHAPE_UNKNOWN when it was forgotten. */
  async of(feed: FeedKey, shape: string): Promise<EntityMetadata> {
    const definition = await this.find(feed, shape);
    if (definition === null) throw new FreshetError('FEED_SHAPE_UNKNOWN', { entity: feed.entity });
    return definition;
  }

  /** The same, null when it was forgotten. */
  async find({ organizationId, entity }: FeedKey, shape: string): Promise<EntityMetadata | null> {
    const load = () => this.#ports.control.feeds.metadata({ organizationId, entity }, shape);
    return this.#known(`${organizationId}/${entity}/${shape}`, null, load);
  }

  /** The organization's, now: one request, and those for the definitions that are not known to be current. */
  async now(organizationId: string): Promise<DefinitionsNow> {
    const source = this.#ports.sourceOf(organizationId);
    const version = await source.metadataVersion();
    return {
      version,
      of: (entity) =>
        version === null
          ? source.metadata(entity)
          : this.#known(`${organizationId}/${entity}`, version, () => source.metadata(entity)),
    };
  }

  async #known<T extends EntityMetadata | null>(
    key: string,
    version: string | null,
    load: () => Promise<T>,
  ): Promise<EntityMetadata | T> {
    const kept = this.#kept.get(key);
    const definition = kept?.version === version ? kept.definition : await load();
    this.#drop(key);
    if (definition !== null) this.#keep(key, { definition, version });
    return definition;
  }

  #keep(key: string, kept: Kept): void {
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
