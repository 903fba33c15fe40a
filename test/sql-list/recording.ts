import { isDeepStrictEqual } from 'node:util';
import type { Executed, LoadColumn, Session } from '../../shared/sql/sqlserver/session.ts';
import type { UnitOptions, Units } from '../../shared/sql/units.ts';

/** What a server would answer: the first rule whose text occurs in the statement. */
export type Answers = readonly (readonly [text: RegExp, rows: readonly object[]])[];

/** A server that answers as it is told, and writes down what it is asked. */
export class RecordingSession implements Session {
  readonly statements: string[] = [];
  readonly #answers: Answers;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  async execute<Row>(text: string): Promise<Executed<Row>> {
    this.#note(text);
    const [, rows = []] = this.#answers.find(([pattern]) => pattern.test(text)) ?? [];
    return { rows: [...rows] as Row[], affected: rows.length };
  }

  async query<Row>(text: string): Promise<Row[]> {
    return (await this.execute<Row>(text)).rows;
  }

  async run(text: string): Promise<void> {
    this.#note(text);
  }

  async load(table: string, columns: readonly LoadColumn[], rows: Iterable<readonly unknown[]>): Promise<void> {
    // What the driver sends of itself is its own; that the rows can be read is ours.
    for (const row of rows) if (row.length !== columns.length) throw new Error(`a row for ${table} has other columns`);
  }

  #note(text: string): void {
    if (!this.statements.some((one) => isDeepStrictEqual(one, text))) this.statements.push(text);
  }
}

export function recordingUnits(session: RecordingSession): Units<Session> {
  const unit = async <T>(work: (session: Session) => Promise<T>, _options?: UnitOptions) => work(session);
  return { inTransaction: unit, onConnection: unit, close: async () => {} };
}
