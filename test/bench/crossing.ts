import { tableNames } from '../../shared/destination/postgres/dialect.ts';
import { mergeRows } from '../../shared/destination/postgres/rows.ts';
import { arraySource, copySource, rowShape } from '../../shared/destination/postgres/staging.ts';
import { inTransaction, type Session } from '../../shared/sql/postgres/session.ts';
import { World } from '../support/world.ts';
import { median, timed } from './figures.ts';
import type { Part } from './part.ts';
import { makeRows, TWELVE } from './rows.ts';
import { withPostgres } from './servers/postgres.ts';
import { Subject } from './subject.ts';

const WARMING_UP = 2;
const REPETITIONS = 40;
const SIZES = [1, 10, 50, 100, 200, 400, 800, 1_600];

/** Arrays in the statement against COPY into a table of the transaction, by rows of a batch: STAGED_FROM_ROWS follows from it. */
export const crossing: Part = {
  names: ['crossing'],
  onRequest: true,
  run: (figures) =>
    withPostgres(async (server) => {
      await Subject.begin(server, TWELVE, 'crossing', new World());
      const names = tableNames({ profileId: 'bench', schema: 'dbo', prefix: 'crossing' });
      const table = names.entity(TWELVE.entity.logicalName);
      const shape = rowShape(TWELVE.columns);
      const ways = {
        arrays: async (_: Session, rows: Rows) => arraySource(shape, rows, 1),
        copy: async (session: Session, rows: Rows) => copySource(session, shape, rows, 1),
      };
      for (const size of SIZES) {
        const times = { arrays: [] as number[], copy: [] as number[] };
        for (let repetition = -WARMING_UP; repetition < REPETITIONS; repetition++) {
          for (const [name, source] of Object.entries(ways)) {
            const rows = makeRows(TWELVE, size, 1);
            const time = await timed(() =>
              inTransaction(server.pool, async (session) =>
                mergeRows(session, table, shape, await source(session, rows)),
              ),
            );
            if (repetition >= 0) times[name as keyof typeof times].push(time);
          }
        }
        figures.report(`crossing.${size}`, { arraysMs: median(times.arrays), copyMs: median(times.copy) });
      }
    }),
};

type Rows = ReturnType<typeof makeRows>;
