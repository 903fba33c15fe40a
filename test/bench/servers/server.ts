import type { Cell } from '../../../shared/dataverse/columns.ts';
import type { DestinationAddress } from '../../../shared/destination/model.ts';
import type { Destination } from '../../../shared/destination/port.ts';
import type { Limits } from '../figures.ts';
import type { Kind } from '../rows.ts';

export type Rows = readonly (readonly Cell[])[];

/** What is measured against on one kind of database: the destination itself, the fastest load there is, and the plainest statements. */
export interface Server {
  /** Of twelve columns in batches of 5,000 alone, by the measure's name. */
  readonly limits: Readonly<Record<string, Limits>>;
  /** Under a prefix of its own. `table` and `retry`: as statements name them. */
  open(
    kind: Kind,
    address: DestinationAddress,
  ): { readonly destination: Destination; readonly table: string; readonly retry: string };
  /** The first row of an answer. */
  ask(question: string): Promise<Record<string, unknown>>;
  /** Every table of ours and of the benchmark is gone. */
  empty(): Promise<void>;
  /** Statistics are made, of one table or of all; and then nothing waits to be written. */
  analyze(table: string): Promise<void>;
  settle(): Promise<void>;
  /** A table for `loader`, with as little to keep as the limit allows. */
  createLoaded(name: string, kind: Kind): Promise<void>;
  /** Rows made ready beforehand; calling it loads them in one transaction, as fast as the server takes rows. */
  loader(name: string, kind: Kind, rows: Rows): () => Promise<void>;
  /** The table of the upserts that a user would write, one row and one transaction at a time; and those upserts. */
  createKeyed(name: string, kind: Kind): Promise<void>;
  upsertEach(name: string, kind: Kind, rows: Rows): Promise<void>;
  /** Adds so many rows with new ids to a table that Freshet made. */
  fill(table: string, kind: Kind, rows: number): Promise<void>;
  /** Some thousand ids of a table: that lie side by side, or all over it. */
  ids(table: string, place: 'near' | 'spread'): Promise<string[]>;
  /** The plainest upsert of a column of the same ids that a server can be asked for. */
  upsertBare(table: string, column: string, rows: readonly (readonly [id: string, text: Cell])[]): Promise<void>;
}
