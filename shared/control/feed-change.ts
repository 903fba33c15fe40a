import type { SchemaChange } from '../dataverse/drift.ts';
import type { Feed, Slot, Trouble } from './model.ts';

/** What the owner of a feed's lease may change of it beside appending; all in one transaction. */
export interface FeedChange {
  readonly cursor?: Partial<Pick<Feed, 'token' | 'nextLink' | 'keysLink' | 'keysNeedColumns' | 'givenUp'>>;
  readonly metadataVersion?: string | null;
  readonly shape?: string;
  /** With `shape`: an empty page of this id marks where it begins, so that every destination takes it, though no row changed. */
  readonly mark?: string;
  /** Changes can be read from now on, or no longer: its schedule of whole reads begins anew, as of a feed never planned. */
  readonly tracked?: boolean;
  /** What is written into the schema history. */
  readonly drift?: readonly SchemaChange[];
  readonly slot?: Slot | null;
  readonly trouble?: Trouble | null;
  /** Open snapshots begin anew: their links were made for another shape. */
  readonly restartSnapshots?: boolean;
}
