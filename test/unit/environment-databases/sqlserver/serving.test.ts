import { describe, expect, it } from 'vitest';
import { tracesOf } from '../../../support/scripted-databases.ts';
import { DOORS, doings, PLATFORMS, scripted } from './scripted.kit.ts';

const MARK = expect.stringMatching(/^INSERT INTO \[freshet_runbook\]\.\[mark\]/);
const never = new AbortController().signal;
const unseen = () => undefined;

describe.each(PLATFORMS)('a database of %s', (_, platform) => {
  it('is shut by noting who may enter before anybody is denied, at once; then those inside are put out', async () => {
    const { server, databases } = await scripted(platform);
    await databases.shut(server.add('uat', { sessions: [51] }).id);
    expect(doings(server)).toEqual([
      'BEGIN TRANSACTION',
      'CREATE SCHEMA [freshet_runbook]',
      expect.stringMatching(/^CREATE TABLE \[freshet_runbook\]\.\[mark\]/),
      'DELETE FROM [freshet_runbook].[mark]',
      MARK,
      ...DOORS.map(({ name }) => `DENY CONNECT TO [${name}] CASCADE`),
      'COMMIT TRANSACTION',
      'ALTER DATABASE CURRENT SET RESTRICTED_USER WITH ROLLBACK IMMEDIATE',
      'KILL 51',
    ]);
    const noted = server.heard.find(({ values }) => values.doors !== undefined);
    expect(noted?.values).toEqual({ state: 'shut', doors: JSON.stringify(DOORS) });
  });

  it('that is shut already keeps what was noted first', async () => {
    const { server, databases } = await scripted(platform);
    await databases.shut(server.add('uat', { traces: tracesOf('shut', DOORS) }).id);
    expect(doings(server)).not.toContainEqual(MARK);
    expect(doings(server)).not.toContainEqual(expect.stringMatching(/^DENY/));
  });

  it('that somebody does not leave is not called shut', async () => {
    const { server, databases } = await scripted(platform, [[/FROM sys\.dm_exec_sessions/, [{ id: 51 }]]]);
    const shut = databases.shut(server.add('uat').id);
    await expect(shut).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('is opened while those who were noted are still denied, who then get their doors back as they were', async () => {
    const { server, databases } = await scripted(platform);
    await databases.open(server.add('uat', { traces: tracesOf('shut', DOORS) }).id);
    expect(doings(server).filter((text) => !text.startsWith('DROP TABLE'))).toEqual([
      'ALTER DATABASE CURRENT SET MULTI_USER WITH ROLLBACK IMMEDIATE',
      'BEGIN TRANSACTION',
      'GRANT CONNECT TO [ann]',
      'GRANT CONNECT TO [ben] WITH GRANT OPTION',
      'DENY CONNECT TO [cid]',
      'REVOKE CONNECT FROM [dan] CASCADE',
      'DROP SCHEMA [freshet_runbook]',
      'COMMIT TRANSACTION',
    ]);
  });

  it('that was not scrubbed is not opened, and nothing of it is changed', async () => {
    const { server, databases } = await scripted(platform);
    const { id } = server.add('freshet_0123456789abcdef', { traces: tracesOf('unscrubbed', DOORS) });
    await expect(databases.open(id)).rejects.toMatchObject({ code: 'DATABASE_UNSCRUBBED' });
    expect(doings(server)).toEqual([]);
  });

  it('whose note somebody edited counts as one that was not scrubbed', async () => {
    const { server, databases } = await scripted(platform);
    const traces = new Map([['mark', [{ state: 'open', doors: '[]' }]]]);
    const { id } = server.add('uat', { traces });
    await expect(databases.open(id)).rejects.toMatchObject({ code: 'DATABASE_UNSCRUBBED' });
  });

  it('in service is neither dropped nor touched by a rule', async () => {
    const { server, databases } = await scripted(platform);
    const { id } = server.add('uat');
    await expect(databases.drop(id)).rejects.toMatchObject({ code: 'DATABASE_IN_SERVICE' });
    const rule = { id: 'rule', title: 'A rule', table: 'Table', action: 'truncate' } as const;
    await expect(databases.applyRule(id, rule, unseen, never)).rejects.toMatchObject({ code: 'SCRUB_NOT_A_COPY' });
    expect(doings(server)).toEqual([]);
  });

  it('that is gone is dropped without a word, and gone to whoever wants anything else of it', async () => {
    const { server, databases } = await scripted(platform);
    await databases.drop('7');
    await expect(databases.shut('7')).rejects.toMatchObject({ code: 'DATABASE_GONE' });
    expect(doings(server)).toEqual([]);
  });

  it('gets no name that another one bears', async () => {
    const { server, databases } = await scripted(platform);
    server.add('uat');
    const { id } = server.add('uat old', { traces: tracesOf('shut') });
    await expect(databases.rename(id, 'uat')).rejects.toMatchObject({ code: 'DATABASE_NAME_TAKEN' });
    expect(await databases.findById(id)).toMatchObject({ name: 'uat old', isOpen: false });
  });
});
