import { rowCheck } from '../../shared/destination/cells.ts';
import { RANGE } from '../../shared/destination/postgres/dialect.ts';
import { copyText, rowShape } from '../../shared/destination/postgres/staging.ts';
import { median, round, timed } from './figures.ts';
import type { Part } from './part.ts';
import { makeRows, TWELVE } from './rows.ts';

const REPETITIONS = 5;
const ROWS = 100_000;

/** What the client alone does with each cell before the server sees it. */
export const cells: Part = {
  names: ['cells'],
  onRequest: true,
  async run(figures) {
    const rows = makeRows(TWELVE, ROWS, 1);
    const check = rowCheck(TWELVE.columns, RANGE);
    const shape = rowShape(TWELVE.columns);
    const checking: number[] = [];
    const encoding: number[] = [];
    for (let repetition = -1; repetition < REPETITIONS; repetition++) {
      const checked = await timed(() => rows.filter((row) => check(row) !== null).length);
      const encoded = await timed(() => [...copyText(shape, rows)].length);
      // The first one warms up.
      if (repetition < 0) continue;
      checking.push(checked);
      encoding.push(encoded);
    }
    const perCell = (times: readonly number[]) => round((median(times) * 1e6) / ROWS / TWELVE.columns.length);
    figures.report('cells', { checkNs: perCell(checking), copyTextNs: perCell(encoding) });
  },
};
