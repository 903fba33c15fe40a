import { describe, expect, it } from 'vitest';
import { readMark, writeMark } from '../../../shared/environment-databases/postgres/marks.ts';

describe('the mark of a shut database', () => {
  it('is read as it was written', async () => {
    const statements: string[] = [];
    const session = {
      query: async (text: string, values: readonly unknown[] = []) => {
        statements.push(text);
        return (text.startsWith('SELECT') ? [{ literal: JSON.stringify(values[0]) }] : []) as never[];
      },
      run: async () => undefined,
      copy: async () => undefined,
    };
    const mark = {
      state: 'shut' as const,
      comment: "it's ours",
      entry: {
        owner: 'o',
        grants: [{ to: null, privilege: 'CONNECT', grantable: false }],
        connectionLimit: -1,
        settings: [],
      },
    };
    await writeMark(session, 'a "name"', mark);
    const [, literal = 'null'] = /^COMMENT ON DATABASE "a ""name""" IS (.*)$/.exec(statements.at(-1) ?? '') ?? [];
    expect(readMark(JSON.parse(literal))).toEqual(mark);
  });

  it('is no other comment', () => {
    expect(readMark(null)).toBeNull();
    expect(readMark('the sandbox of the testers')).toBeNull();
  });

  it('that somebody changed by hand still shuts, and lets nobody be let in', () => {
    const prefix = 'Freshet keeps this database shut: ';
    for (const rest of ['', '{}', '{"state":"open"}'])
      expect(readMark(prefix + rest)).toEqual({ state: 'unscrubbed', comment: null });
  });
});
