import { describe, expect, it } from 'vitest';
import { accessOf, factsOf } from '../../../sql-list/environment-facts.ts';
import { tracesOf } from '../../../support/scripted-databases.ts';
import { PASSWORD } from '../../../support/scripted-platforms.ts';
import { doings, inOrder, PLATFORMS, scripted } from './scripted.kit.ts';

const WANTED = accessOf('uat');
const HOW_MADE = /\] (FOR LOGIN \[uat\]|WITHOUT LOGIN|WITH SID = 0x0A, TYPE = X)(( WITH|,) DEFAULT_SCHEMA = \[uat\])?$/;

describe.each(PLATFORMS)('access to a database of %s', (_, platform) => {
  it('replaces what stood there: rights, memberships and things owned are taken before their users go', async () => {
    const { server, databases } = await scripted(platform, factsOf('uat'));
    await databases.giveAccess(server.add('uat').id, WANTED);
    const order = [
      /^BEGIN/,
      /^REVOKE/,
      /DROP MEMBER/,
      /^ALTER AUTH/,
      /^DROP USER/,
      /^CREATE USER/,
      /^GRANT/,
      /^COMMIT/,
    ];
    expect(inOrder(doings(server), order)).toBe(true);
  });

  it('to one that is shut ends at its door, and what was given is noted for its opening, in one transaction', async () => {
    const { server, databases } = await scripted(platform, factsOf('uat'));
    await databases.giveAccess(server.add('uat', { traces: tracesOf('shut') }).id, WANTED);
    const denials = WANTED.users.map(({ name }) => `DENY CONNECT TO [${name}] CASCADE`);
    expect(doings(server).slice(-3 - denials.length)).toEqual([
      ...denials,
      'DELETE FROM [freshet_runbook].[mark]',
      expect.stringMatching(/^INSERT INTO \[freshet_runbook\]\.\[mark\]/),
      'COMMIT TRANSACTION',
    ]);
    const doors = WANTED.users.map(({ name, connect }) => ({ name, connect }));
    const noted = server.heard.findLast(({ values }) => values.doors !== undefined);
    expect(noted?.values).toEqual({ state: 'shut', doors: JSON.stringify(doors) });
    expect(doings(server)).not.toContainEqual(expect.stringMatching(/^GRANT CONNECT/));
  });

  it('is given without any password or secret', async () => {
    const { server, databases } = await scripted(platform, factsOf('uat'));
    await databases.giveAccess(server.add('uat').id, WANTED);
    const users = doings(server).filter((text) => text.startsWith('CREATE USER'));
    expect(users).toHaveLength(WANTED.users.length);
    for (const text of users) expect(text).toMatch(HOW_MADE);
    for (const { text, values } of server.heard) {
      expect(text).not.toMatch(/PASSWORD|SECRET/);
      expect(text + JSON.stringify(values)).not.toContain(PASSWORD);
    }
  });

  it('of another dialect is refused before anything is asked', async () => {
    const { server, databases } = await scripted(platform);
    const given = databases.giveAccess(server.add('uat').id, { dialect: 'postgres' });
    await expect(given).rejects.toMatchObject({ code: 'DATABASE_BUG' });
    expect(server.heard).toEqual([]);
  });
});
