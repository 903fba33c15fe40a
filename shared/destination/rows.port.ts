import type { Cell, Column } from '../dataverse/columns.ts';
import type { Applied, Batch, HeldRow, RowChoice } from './model.ts';

/** The rows of entities. Errors: those of `Destination`. */
export interface Rows {
  /** Why this row cannot be held by the entity's columns, found without the database; null when it can. */
  refusal(batch: Pick<Batch, 'columns'>, row: readonly Cell[]): string | null;
  /**
   * Moves the position from `expected` and makes the batch true, in one transaction. POSITION_MOVED when another worker
   * was first: nothing is changed then. Does not change the schema. `trial`: rolls back in the end, to find refused rows.
   */
  apply(batch: Batch, mode?: 'commit' | 'trial'): Promise<Applied>;
  /** Of these columns, those that the entity's table has, each as wide as it is there; none without a table. Freshet's own are left out. */
  heldColumns(entity: string, columns: readonly Column[]): Promise<Column[]>;
  /** Rows as they stand; `columns` are such as `heldColumns` answers with. Ids without a row are left out, the order of ids given is not kept. */
  heldRows(entity: string, columns: readonly Column[], which: RowChoice): Promise<HeldRow[]>;
}
