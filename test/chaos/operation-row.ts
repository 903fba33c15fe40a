import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Operation } from '../../shared/control/operation.ts';
import { isRunbookStep, RUNBOOK_STEPS, type RunbookStep } from '../../shared/refresh/runbook/plan.ts';

/** An operation that stands still for so long is somebody else's problem. */
const GIVEN_UP_MS = 300_000;

/** An operation as the control database keeps it: its steps follow each other faster than the API would show. */
export class OperationRow {
  readonly #pool: pg.Pool;
  readonly #id: string;

  constructor(pool: pg.Pool, id: string) {
    this.#pool = pool;
    this.#id = id;
  }

  async read(): Promise<Pick<Operation, 'state' | 'step' | 'turn'>> {
    const { rows } = await this.#pool.query<{ operation: string }>(
      'SELECT operation FROM freshet.operations WHERE id = $1',
      [this.#id],
    );
    if (!rows[0]) throw new Error(`there is no operation ${this.#id}`);
    return JSON.parse(rows[0].operation) as Operation;
  }

  /** Waits until a worker has taken the step; false when the operation is past it, or does not come there. */
  async enters(wanted: RunbookStep, lookEachMs: number): Promise<boolean> {
    const place = RUNBOOK_STEPS.indexOf(wanted);
    const deadline = performance.now() + GIVEN_UP_MS;
    while (performance.now() < deadline) {
      const { step, turn } = await this.read();
      if (step === wanted && turn !== null) return true;
      if (step === null || !isRunbookStep(step) || RUNBOOK_STEPS.indexOf(step) > place) return false;
      await pause(lookEachMs);
    }
    return false;
  }
}
