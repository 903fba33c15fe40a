import { describe, expect, it } from 'vitest';
import type { Condition, ScrubRule } from '../../../../shared/environment-databases/scrub-rules.ts';
import { columnOf, factsOf, RANGE_ROWS, tableNames, textColumn } from '../../../sql-list/environment-facts.ts';
import { tracesOf } from '../../../support/scripted-databases.ts';
import { doings, PLATFORMS, refusing, scripted } from './scripted.kit.ts';

const COPY = 'freshet_0123456789abcdef';
const never = new AbortController().signal;
const unseen = () => undefined;

const table = tableNames('uat').oneColumn;
const column = textColumn('uat');
const rule: ScrubRule = { id: 'rule', title: 'A rule', table, action: 'mask', column, mask: 'hash' };

describe.each(PLATFORMS)('a scrub on %s', (_, platform) => {
  it('changes each range in one transaction with the note how far it is', async () => {
    const { server, databases } = await scripted(platform, factsOf('uat'));
    const { id } = server.add(COPY, { traces: tracesOf('unscrubbed') });
    await databases.applyRule(id, rule, unseen, never);
    const kinds = doings(server).map((text) => /BEGIN|COMMIT|\[seed\]|\[progress\]|UPDATE t/.exec(text)?.[0]);
    const range = ['UPDATE t', '[progress]', 'COMMIT'];
    expect(kinds.filter((kind) => kind !== undefined)).toEqual([
      ...['BEGIN', '[seed]', '[progress]', ...range],
      ...['BEGIN', '[seed]', ...range],
      ...['BEGIN', '[seed]', ...range],
    ]);
  });

  it('goes on behind the last range that was noted', async () => {
    const { server, databases } = await scripted(platform, factsOf('uat'));
    const { id } = server.add(COPY, { traces: tracesOf('unscrubbed') });
    const stop = new AbortController();
    await expect(databases.applyRule(id, rule, () => stop.abort(), stop.signal)).rejects.toMatchObject({
      code: 'COPY_CANCELLED',
    });
    const before = server.heard.length;
    await databases.applyRule(id, rule, unseen, never);
    const ends = server.heard.slice(before).filter(({ text }) => text.includes('OFFSET'));
    expect(ends.map(({ values }) => values.p1)).toEqual([RANGE_ROWS.several, 2 * RANGE_ROWS.several].map(String));
  });

  it('refuses a value that the server, or the length of its column, does not take', async () => {
    const facts = [[/\) AS tried WHERE/, []] as const, ...factsOf('uat')];
    const { server, databases } = await scripted(platform, facts);
    const { id } = server.add(COPY, { traces: tracesOf('unscrubbed') });
    const common = { id: 'rule', title: 'A rule', action: 'set' as const };
    const unfit: ScrubRule[] = [
      { ...common, table: tableNames('uat').everyType, column: columnOf('uat', 'int'), value: 'x' },
      { ...common, table, column, value: 'x'.repeat(101) },
    ];
    for (const one of unfit) {
      const refused = { code: 'SCRUB_VALUE_UNFIT' };
      await expect(databases.countRule(id, one)).rejects.toMatchObject(refused);
      await expect(databases.applyRule(id, one, unseen, never)).rejects.toMatchObject(refused);
    }
    expect(server.heard.filter(({ text }) => /^UPDATE/.test(text))).toEqual([]);
  });

  it('puts no value of a rule into a statement', async () => {
    const { server, databases, source } = await scripted(platform, factsOf('uat'));
    const { id } = server.add(COPY, { traces: tracesOf('unscrubbed') });
    const value = `'); DROP TABLE x; --`;
    const where: Condition[] = [
      { column, op: 'like', value },
      { column, op: 'in', value: [value] },
    ];
    const hostile: ScrubRule = { id: 'rule', title: 'A rule', table, action: 'set', column, value, where };
    await databases.countRule(id, hostile);
    await databases.applyRule(id, hostile, unseen, never);
    await databases.verifyRule(id, hostile, source);
    expect(server.heard.filter(({ text }) => text.includes(value))).toEqual([]);
    expect(server.heard.filter(({ values }) => Object.values(values).includes(value)).length).toBeGreaterThan(2);
  });

  it('ends with what had to wait, and only then is the copy one that may be opened', async () => {
    const { server, databases } = await scripted(platform, factsOf('uat'));
    const { id } = server.add(COPY, { traces: tracesOf('unscrubbed') });
    await databases.finish(id);
    expect(doings(server)).toEqual([
      `UPDATE STATISTICS [uat].[${table}]`,
      'ENABLE TRIGGER [t] ON DATABASE',
      ...['waiting', 'seed', 'progress'].map((name) => `DROP TABLE IF EXISTS [freshet_runbook].[${name}]`),
      'ALTER DATABASE CURRENT SET QUERY_STORE CLEAR',
      'BEGIN TRANSACTION',
      'DELETE FROM [freshet_runbook].[mark]',
      expect.stringMatching(/^INSERT INTO \[freshet_runbook\]\.\[mark\]/),
      'COMMIT TRANSACTION',
    ]);
    await databases.open(id);
    await expect(databases.applyRule(id, rule, unseen, never)).rejects.toMatchObject({ code: 'SCRUB_NOT_A_COPY' });
  });

  it('that does not come to its end leaves a copy that is not opened', async () => {
    const { server, databases } = await scripted(platform, [[/^ENABLE TRIGGER/, refusing(229)], ...factsOf('uat')]);
    const { id } = server.add(COPY, { traces: tracesOf('unscrubbed') });
    await expect(databases.finish(id)).rejects.toMatchObject({ code: 'DATABASE_FORBIDDEN' });
    await expect(databases.open(id)).rejects.toMatchObject({ code: 'DATABASE_UNSCRUBBED' });
  });
});
