import type { Session } from '../../sql/postgres/session.ts';
import { stateOf } from './errors.ts';

/** Something that the statement needs is not there yet: schema, table, column, type, function; a view that is not filled. */
const NOT_YET = new Set(['3F000', '42P01', '42703', '42704', '42883', '55000']);

export interface Waiting {
  readonly statement: string;
  readonly error: unknown;
}

/**
 * Runs statements each of which may need others: what fails for that waits for the next pass, and is answered with when
 * none of the others helps. Each is a transaction of its own, for all together would take more locks than a server has.
 */
export async function runWhatCan(
  statements: readonly string[],
  run: (statement: string) => Promise<unknown>,
): Promise<Waiting[]> {
  let left = statements;
  for (;;) {
    const waiting: Waiting[] = [];
    for (const statement of left) {
      try {
        await run(statement);
      } catch (error) {
        if (!NOT_YET.has(stateOf(error))) throw error;
        waiting.push({ statement, error });
      }
    }
    if (waiting.length === 0 || waiting.length === left.length) return waiting;
    left = waiting.map(({ statement }) => statement);
  }
}

/** The error of the first that nothing helps is thrown. */
export async function runInSomeOrder(
  session: Session,
  statements: readonly string[],
  run: (statement: string) => Promise<unknown> = (statement) => session.query(statement),
): Promise<void> {
  const [first] = await runWhatCan(statements, run);
  if (first) throw first.error;
}
