import { describe, expect, it } from 'vitest';
import { openMemoryDatabases } from '../../../shared/environment-databases/memory/databases.ts';
import {
  type MemoryServerOptions,
  MemoryServers,
  memoryTable,
} from '../../../shared/environment-databases/memory/server.ts';
import type { EnvironmentDatabases } from '../../../shared/environment-databases/port.ts';

const NAME = 'freshet_0123456789abcdef';
const SOURCE = 'memory://server/source';
const never = new AbortController().signal;

async function serverWith(options: MemoryServerOptions = {}) {
  const servers = new MemoryServers();
  const server = servers.add('server', options);
  const tables = new Map(
    ['dbo.One', 'dbo.Two', 'dbo.Three'].map((name) => [name, memoryTable([{ RECID: 1 }, { RECID: 2 }, { RECID: 3 }])]),
  );
  server.create('source', { tables, users: { person: ['read'] } });
  return { server, databases: await openMemoryDatabases(servers)(SOURCE) };
}

const copy = (databases: EnvironmentDatabases) => databases.copy(SOURCE, NAME, () => undefined, never);

describe('environment databases in memory, with faults', () => {
  it('a call that is stopped before has done nothing, and one that is stopped after has done all', async () => {
    let fault: string | null = null;
    const step = (when: string, operation: string) => {
      if (fault === `${when} ${operation}`) throw new Error('the process died');
    };
    const { server, databases } = await serverWith({ step });
    const { id } = await copy(databases);
    fault = 'before rename';
    await expect(databases.rename(id, 'other')).rejects.toThrow('died');
    expect(server.byId(id)?.name).toBe(NAME);
    fault = 'after rename';
    await expect(databases.rename(id, 'other')).rejects.toThrow('died');
    expect(server.byId(id)?.name).toBe('other');
  });

  it('a copy that breaks off at any table is a half one, which nobody enters and the next attempt replaces', async () => {
    for (const tables of [1, 2, 3]) {
      let copied = 0;
      let armed = true;
      const step = (_: string, operation: string) => {
        if (operation === 'copy.table') copied += 1;
        if (armed && copied === tables) throw new Error('the process died');
      };
      const { server, databases } = await serverWith({ step });
      await expect(copy(databases)).rejects.toThrow('died');
      expect(server.byName(NAME)).toMatchObject({ state: 'half' });
      expect(server.enter(NAME, 'person')).toBeNull();
      armed = false;
      const whole = await copy(databases);
      expect(server.byName(NAME)).toMatchObject({ id: whole.id, state: 'shut' });
      expect(server.byName(NAME)?.tables).toEqual(server.byName('source')?.tables);
    }
  });

  it('sessions see their database under whatever name, until it is shut', async () => {
    const { server, databases } = await serverWith();
    const session = server.enter('source', 'person') ?? -1;
    const { id } = server.byName('source') ?? { id: '' };
    await databases.rename(id, 'renamed');
    expect(server.read(session)).not.toBeNull();
    await databases.shut(id);
    expect(server.read(session)).toBeNull();
  });

  it('a moment that was kept is restored as a shut database of its own', async () => {
    const { server, databases } = await serverWith({ restores: true });
    const { id } = server.byName('source') ?? { id: '' };
    server.keepRestorePoint(id, 100);
    server.change(id, { tables: new Map() });
    await databases.shut(id);
    await databases.drop(id);
    await expect(databases.restore({ id, name: 'source' }, 99, NAME)).rejects.toMatchObject({
      code: 'RESTORE_NOT_SUPPORTED',
    });
    const restored = await databases.restore({ id, name: 'source' }, 101, NAME);
    expect(restored).toMatchObject({ name: NAME, isOpen: false });
    expect(server.byId(restored.id)?.tables.size).toBe(3);
    await databases.open(restored.id);
    expect(server.enter(NAME, 'person')).not.toBeNull();
  });
});
