import { describe, expect, it } from 'vitest';
import { tracesOf } from '../../../support/scripted-databases.ts';
import { AZURE, MACHINE } from '../../../support/scripted-platforms.ts';
import { DOORS, doings, inDatabase, inOrder, PLATFORMS, refusing, type Scripted, scripted } from './scripted.kit.ts';

const COPY = 'freshet_0123456789abcdef';
const never = new AbortController().signal;
const unseen = () => undefined;

const copied = ({ databases, source }: Scripted, cancelled = never) => databases.copy(source, COPY, unseen, cancelled);

describe.each(PLATFORMS)('a copy on %s', (_, platform) => {
  it('is shut and marked before anything else happens in it', async () => {
    const on = await scripted(platform);
    expect(await copied(on)).toMatchObject({ name: COPY, isOpen: false });
    const inside = doings(on.server, inDatabase(COPY));
    expect(inside[0]).toBe('ALTER DATABASE CURRENT SET RESTRICTED_USER WITH ROLLBACK IMMEDIATE');
    expect(inside[1]).toBe('BEGIN TRANSACTION');
    const { text } = on.server.heard.filter(inDatabase(COPY))[1] ?? {};
    expect(text).toBe(inside[0]);
    const denied = DOORS.map(({ name }) => new RegExp(`^DENY CONNECT TO \\[${name}\\]`));
    expect(inOrder(inside, [/INTO .*\[mark\]/, ...denied, /\[progress\]/, /^DISABLE TRIGGER/, /^COMMIT/])).toBe(true);
    await expect(on.databases.open('1')).rejects.toMatchObject({ code: 'DATABASE_UNSCRUBBED' });
  });

  it('changes nothing of its source', async () => {
    const on = await scripted(platform);
    await copied(on);
    for (const text of doings(on.server, inDatabase('prod')))
      expect(text).toBe('BACKUP DATABASE [prod] TO DISK = @place WITH COPY_ONLY, FORMAT, INIT, CHECKSUM');
  });

  it('that stands whole is answered with, and not made again', async () => {
    const on = await scripted(platform);
    const { id } = on.server.add(COPY, { traces: tracesOf('unscrubbed') });
    expect(await copied(on)).toMatchObject({ id, name: COPY });
    expect(doings(on.server).filter((text) => !text.includes('sp_getapplock'))).toEqual([]);
  });

  it('bears no name but one of a copy', async () => {
    const on = await scripted(platform);
    const made = on.databases.copy(on.source, 'uat', unseen, never);
    await expect(made).rejects.toMatchObject({ code: 'DATABASE_BUG' });
    expect(on.server.heard).toEqual([]);
  });
});

describe('a copy by backup', () => {
  it('is made by one at a time', async () => {
    const on = await scripted(MACHINE, [[/sp_getapplock/, [{ result: -1 }]]]);
    await expect(copied(on)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(doings(on.server)).toEqual([expect.stringContaining('sp_getapplock')]);
  });

  it.each(['RESTORING', 'ONLINE'])('of which half stands (%s) is dropped and begun anew', async (state) => {
    const on = await scripted(MACHINE);
    on.server.add(COPY, { state, sessions: state === 'ONLINE' ? [51] : [] });
    await copied(on);
    const order = [/sp_getapplock/, /^DROP DATABASE/, /^BACKUP DATABASE \[prod\]/, /^RESTORE DATABASE/, /^DENY/];
    expect(inOrder(doings(on.server), order)).toBe(true);
  });

  it.each([
    ['before its backup', /InstanceDefaultBackupPath/, { name: 'prod', folder: '/backups' }],
    ['behind it', /^BACKUP DATABASE \[prod\]/, null],
  ])('that is cancelled %s is not restored', async (_, moment, row) => {
    const stop = new AbortController();
    const cancel = () => {
      stop.abort();
      return row === null ? [] : [row];
    };
    const on = await scripted(MACHINE, [[moment, cancel]]);
    await expect(copied(on, stop.signal)).rejects.toMatchObject({ code: 'COPY_CANCELLED' });
    expect(doings(on.server)).not.toContainEqual(expect.stringMatching(/^RESTORE DATABASE/));
  });

  it('leaves no backup that holds anything, not even when it cannot be restored', async () => {
    for (const facts of [[], [[/^RESTORE DATABASE/, refusing(3241)] as const]]) {
      const on = await scripted(MACHINE, facts);
      await copied(on).catch(() => undefined);
      const backups = on.server.heard.filter(({ text }) => text.startsWith('BACKUP'));
      expect(backups.map(({ values }) => values.place)).toEqual([`/backups/${COPY}.bak`, `/backups/${COPY}.bak`]);
      expect(backups.at(-1)?.text).toMatch(/^BACKUP DATABASE \[model\]/);
    }
  });
});

describe('a copy that Azure SQL makes', () => {
  it('and that is under way is watched to its end, and not asked for again', async () => {
    const on = await scripted(AZURE);
    on.server.add(COPY, { state: 'COPYING' });
    expect(await copied(on)).toMatchObject({ isOpen: false });
    expect(doings(on.server)).not.toContainEqual(expect.stringMatching(/^(CREATE|DROP) DATABASE/));
  });

  it('and that became whole while nobody watched is shut, and not made again', async () => {
    const on = await scripted(AZURE);
    on.server.add(COPY);
    await copied(on);
    expect(doings(on.server)[0]).toMatch(/RESTRICTED_USER/);
  });

  it.each(['gone', 'suspect'] as const)(
    'and gives up (%s) tells what the service says, and is taken away',
    async (end) => {
      const on = await scripted(AZURE);
      on.server.copyEnd = end;
      await expect(copied(on)).rejects.toMatchObject({ code: 'DATABASE_REFUSED', values: { text: 'no room' } });
      expect(on.server.databases.has(COPY)).toBe(false);
    },
  );

  it('is taken away when it is cancelled', async () => {
    const on = await scripted(AZURE);
    on.server.add(COPY, { state: 'COPYING' });
    await expect(copied(on, AbortSignal.abort())).rejects.toMatchObject({ code: 'COPY_CANCELLED' });
    expect(on.server.databases.has(COPY)).toBe(false);
  });
});
