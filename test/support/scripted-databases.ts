import { type Answers, answerOf, type Heard, RecordingServer, serverError } from './recording-server.ts';

/** What a database is to its server, and what the runbook keeps inside of it. */
export interface ScriptedDatabase {
  readonly id: string;
  state: string;
  /** Others who are inside; KILL puts them out. */
  sessions: readonly number[];
  /** Tables of the runbook's own schema, by name; null without the schema. */
  traces: Map<string, Row[]> | null;
}

type Row = Readonly<Record<string, unknown>>;

/** How a copy that the service makes (Azure SQL) goes on. */
export type CopyEnd = 'whole' | 'gone' | 'suspect';

/** What the service tells of a copy under way, look by look. */
const PERCENTS: readonly number[] = [10, 60];

const TRACES = String.raw`\[freshet_runbook\]\.\[(\w+)\]`;
const NAME_TAKEN = 1801;
const IN_USE = 3702;

/**
 * As much of a server that speaks T-SQL as the runbook itself changes: databases that are made, renamed and dropped, and the traces
 * that it leaves in them. What else is asked is answered by `facts`, which come first, or with no rows.
 */
export class ScriptedDatabases extends RecordingServer {
  readonly databases = new Map<string, ScriptedDatabase>();
  copyEnd: CopyEnd = 'whole';
  #percents = [...PERCENTS];

  constructor(facts: Answers) {
    super((heard) => answerOf(facts, heard) ?? answerOf(this.#own, heard) ?? []);
  }

  /** One that was there before. A mark means that the runbook keeps it shut; a copy has the traces of one as well. */
  add(name: string, database: Partial<ScriptedDatabase> = {}): ScriptedDatabase {
    const added = { id: String(this.databases.size + 1), state: 'ONLINE', sessions: [], traces: null, ...database };
    this.databases.set(name, added);
    return added;
  }

  readonly #own: Answers = [
    [/dm_database_copies/, (heard) => this.#copyState(heard)],
    [/dm_operation_status/, () => (this.copyEnd === 'whole' ? [] : [{ error: 'no room', failed: 1 }])],
    [/FROM sys\.databases d.* IN \('master'/s, (heard) => this.#list(heard)],
    [/^CREATE DATABASE/, (heard) => this.#make(heard, 'COPYING')],
    [/^RESTORE DATABASE/, (heard) => this.#make(heard, 'ONLINE')],
    [/^DROP DATABASE/, (heard) => this.#drop(heard)],
    [/^ALTER DATABASE .* MODIFY NAME/s, (heard) => this.#rename(heard)],
    [/FROM sys\.dm_exec_sessions/, (heard) => this.#inside(heard).sessions.map((id) => ({ id }))],
    [/^KILL/, (heard) => this.#kill(heard)],
    ...this.#traces(),
  ];

  #list({ text, values: { value } }: Heard): object[] {
    const known = [...this.databases].map(([name, { id, state }]) => ({ id, name, state }));
    if (text.includes('d.name = @value')) return known.filter(({ name }) => name === value);
    if (text.includes('LEFT(d.name')) return known.filter(({ name }) => name.startsWith(String(value)));
    return known.filter(({ id }) => id === value);
  }

  #make({ text }: Heard, state: string): object[] {
    this.#percents = [...PERCENTS];
    return done(this.add(namesIn(text)[0] ?? '', { state }));
  }

  #drop({ text }: Heard): object[] {
    const [name = ''] = namesIn(text);
    this.#mustBeEmpty(name);
    return done(this.databases.delete(name));
  }

  /** A server renames and drops nothing that anybody is inside of, doing something there or not. */
  #mustBeEmpty(name: string): void {
    if (this.isEntered(name) || this.databases.get(name)?.sessions.length) throw serverError(IN_USE);
  }

  #rename({ text }: Heard): object[] {
    const [from = '', to = ''] = namesIn(text);
    const database = this.databases.get(from);
    if (this.databases.has(to)) throw serverError(NAME_TAKEN);
    this.#mustBeEmpty(from);
    if (database) this.databases.set(to, database);
    return done(this.databases.delete(from));
  }

  #copyState({ values: { name } }: Heard): object[] {
    const copy = this.databases.get(String(name));
    if (!copy) return [];
    const percent = this.#percents.shift() ?? null;
    if (percent === null && this.copyEnd === 'gone') return done(this.databases.delete(String(name)));
    if (percent === null) copy.state = this.copyEnd === 'whole' ? 'ONLINE' : 'SUSPECT';
    return [{ state: copy.state, percent, error: null }];
  }

  #kill(heard: Heard): object[] {
    const inside = this.#inside(heard);
    inside.sessions = inside.sessions.filter((id) => heard.text !== `KILL ${id}`);
    return [];
  }

  /** The runbook's own schema, as the database keeps it that the statement is asked in. */
  #traces(): Answers {
    const on = (pattern: string, answer: (rows: Row[], heard: Heard) => object[]): Answers[number] => {
      const text = new RegExp(pattern.replace('TRACES', TRACES));
      return [text, (heard) => answer(this.#rows(heard, text.exec(heard.text)?.[1] ?? ''), heard)];
    };
    const isOf =
      ({ values: { rule, relation } }: Heard) =>
      (row: Row) =>
        row.rule === rule && row.relation === relation;
    return [
      [/FROM sys\.schemas WHERE name = @name/, (heard) => (this.#inside(heard).traces ? [{ there: 1 }] : [])],
      [
        /sys\.tables t JOIN sys\.schemas s .*t\.name = @name/s,
        (heard) => (this.#inside(heard).traces?.has(String(heard.values.name)) ? [{ there: 1 }] : []),
      ],
      [/^CREATE SCHEMA/, (heard) => this.#setTraces(heard, new Map())],
      [/^DROP SCHEMA/, (heard) => this.#setTraces(heard, null)],
      [
        new RegExp(`^(CREATE|DROP) TABLE (?:IF EXISTS )?${TRACES}`),
        ({ text, database }) => {
          const traces = this.databases.get(database)?.traces;
          const name = namesIn(text)[1] ?? '';
          return done(text.startsWith('CREATE') ? traces?.set(name, []) : traces?.delete(name));
        },
      ],
      on('^DELETE FROM TRACES', (rows) => rows.splice(0) && []),
      on('^INSERT INTO TRACES', (rows, { values }) => done(rows.push(rowOf(values)))),
      on('^UPDATE TRACES SET last', (rows, heard) => {
        const at = rows.findIndex(isOf(heard));
        return done(rows.splice(at, 1, rowOf(heard.values)));
      }),
      on(String.raw`FROM TRACES WHERE \[rule\]`, (rows, heard) => rows.filter(isOf(heard))),
      on('FROM TRACES', (rows) => rows),
    ];
  }

  #setTraces(heard: Heard, traces: ScriptedDatabase['traces']): object[] {
    this.#inside(heard).traces = traces;
    return [];
  }

  #rows(heard: Heard, table: string): Row[] {
    return this.#inside(heard).traces?.get(table) ?? [];
  }

  #inside({ database }: Heard): ScriptedDatabase {
    const inside = this.databases.get(database);
    if (!inside) throw serverError(4060);
    return inside;
  }
}

/** Traces of a database that is kept shut; `unscrubbed`: of a copy before its `finish`. */
export function tracesOf(state: 'shut' | 'unscrubbed', doors: readonly object[] = []): Map<string, Row[]> {
  const traces = new Map<string, Row[]>([['mark', [{ state, doors: JSON.stringify(doors) }]]]);
  if (state === 'shut') return traces;
  traces.set('waiting', [{ statement: 'ENABLE TRIGGER [t] ON DATABASE' }]);
  return traces.set('progress', []).set('seed', [{ value: 'seed' }]);
}

/** A row of the traces by the values that it was written with, each under its column's name but for the seed's. */
function rowOf({ seed, ...values }: Heard['values']): Row {
  return { last: null, rows: '0', finished: false, ...(seed === undefined ? {} : { value: seed }), ...values };
}

/** Quoted names of a statement, as they are without their quotes. */
function namesIn(text: string): string[] {
  const quoted = text.matchAll(/\[([^\]]*)\]|"((?:[^"]|"")*)"/g);
  return [...quoted].map(([, inBrackets, inQuotes = '']) => inBrackets ?? inQuotes.replaceAll('""', '"'));
}

/** A statement without rows. */
const done = (_: unknown): object[] => [];
