import type { Applied, Batch } from '../model.ts';

/** Fewer rows say little about the next ones. */
const MANY_ROWS = 800;

/**
 * Rows of which none stands yet, as in a table's first fill, are added without looking for them. That none stands is guessed from
 * the batch before; a wrong guess costs no more than its time.
 */
export class NewRows {
  readonly #entities = new Set<string>();

  /** Whether many rows are likely to be all new. */
  expects({ entity, rows }: Batch): boolean {
    return rows.length >= MANY_ROWS && this.#entities.has(entity);
  }

  learn({ entity, rows }: Batch, { updated }: Applied): void {
    if (rows.length < MANY_ROWS) return;
    if (updated === 0) this.#entities.add(entity);
    else this.#entities.delete(entity);
  }
}
