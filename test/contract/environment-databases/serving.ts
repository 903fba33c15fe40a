import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentDatabases } from '../../../shared/environment-databases/port.ts';
import { copyName, copyOf, type EnvironmentHarness, type MakeHarness, texts } from './harness.ts';

const NOWHERE = '4000000000';

export function describeServing(name: string, make: MakeHarness): void {
  describe(`environment databases ${name}: shut, open, rename, drop`, () => {
    let harness: EnvironmentHarness;
    let databases: EnvironmentDatabases;
    let source: string;
    let target: string;
    beforeEach(async () => {
      harness = await make();
      databases = await harness.open();
      source = await harness.create({ Table: texts(['new']) }, ['person']);
      target = await harness.create({ Table: texts(['old']) }, ['user']);
    });
    afterEach(() => harness.close());

    const idOf = async (database: string) => (await databases.find(database))?.id ?? '';

    it('shut ends the sessions and lets nobody in; open lets those in who could enter before', async () => {
      const id = await idOf(target);
      expect(await harness.enters(target, 'user')).toBe(true);
      for (const _ of ['once', 'twice']) {
        await databases.shut(id);
        expect(await databases.findById(id)).toMatchObject({ isOpen: false });
        expect(await harness.isInside('user')).toBe(false);
        expect(await harness.enters(target, 'user')).toBe(false);
      }
      for (const _ of ['once', 'twice']) {
        await databases.open(id);
        expect(await databases.findById(id)).toMatchObject({ isOpen: true });
        expect(await harness.enters(target, 'user')).toBe(true);
        expect(await harness.enters(target, 'person')).toBe(false);
      }
    });

    it('shutting one database ends no session of another', async () => {
      expect(await harness.enters(source, 'person')).toBe(true);
      await databases.shut(await idOf(target));
      expect(await harness.isInside('person')).toBe(true);
    });

    it('the access of a database is the same whether it is open or shut', async () => {
      const id = await idOf(target);
      const open = await databases.access(id);
      await databases.shut(id);
      expect(await databases.access(id)).toEqual(open);
      expect(JSON.parse(JSON.stringify(open))).toEqual(open);
    });

    it('the target’s users enter a copy once it is given their access, finished and opened', async () => {
      const copy = await copyOf(databases, harness, source);
      const access = await databases.access(await idOf(target));
      for (const _ of ['once', 'twice']) await databases.giveAccess(copy.id, access);
      expect(await harness.enters(copy.name, 'user')).toBe(false);
      await expect(databases.open(copy.id)).rejects.toMatchObject({ code: 'DATABASE_UNSCRUBBED' });
      for (const _ of ['once', 'twice']) await databases.finish(copy.id);
      expect(await harness.enters(copy.name, 'user')).toBe(false);
      await databases.open(copy.id);
      expect(await harness.enters(copy.name, 'user')).toBe(true);
      expect(await harness.enters(copy.name, 'person')).toBe(false);
    });

    it('two databases swap names by their ids, and each step may be repeated', async () => {
      const copy = await copyOf(databases, harness, source);
      const old = await idOf(target);
      const aside = copyName();
      await databases.finish(copy.id);
      await databases.shut(old);
      for (const _ of ['once', 'twice']) await databases.rename(old, aside);
      for (const _ of ['once', 'twice']) await databases.rename(copy.id, target);
      expect(await databases.find(target)).toMatchObject({ id: copy.id });
      expect(await databases.findById(old)).toMatchObject({ name: aside, isOpen: false });
      expect(await harness.rows(target, 'Table')).toEqual(texts(['new']));
      expect(await harness.rows(aside, 'Table')).toEqual(texts(['old']));
    });

    it('the old database comes back with its users', async () => {
      const copy = await copyOf(databases, harness, source);
      const old = await idOf(target);
      const aside = copyName();
      await databases.shut(old);
      await databases.rename(old, aside);
      await databases.rename(copy.id, target);
      await databases.rename(copy.id, copy.name);
      await databases.rename(old, target);
      await databases.open(old);
      expect(await harness.enters(target, 'user')).toBe(true);
      await databases.drop(copy.id);
      expect(await databases.findById(copy.id)).toBeNull();
    });

    it('a name that another database bears is refused', async () => {
      const copy = await copyOf(databases, harness, source);
      await expect(databases.rename(copy.id, target)).rejects.toMatchObject({ code: 'DATABASE_NAME_TAKEN' });
      expect(await databases.findById(copy.id)).toMatchObject({ name: copy.name });
    });

    it('drop takes what is shut, as often as asked, and never what is in service', async () => {
      const id = await idOf(target);
      await expect(databases.drop(id)).rejects.toMatchObject({ code: 'DATABASE_IN_SERVICE' });
      expect(await databases.find(target)).toMatchObject({ id, isOpen: true });
      await databases.shut(id);
      for (const _ of ['once', 'twice']) await databases.drop(id);
      expect(await databases.find(target)).toBeNull();
    });

    it('an id that nobody has is told', async () => {
      const calls = [
        () => databases.shut(NOWHERE),
        () => databases.open(NOWHERE),
        () => databases.access(NOWHERE),
        () => databases.rename(NOWHERE, copyName()),
        () => databases.finish(NOWHERE),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'DATABASE_GONE' });
      expect(await databases.findById(NOWHERE)).toBeNull();
    });

    it('a server that cannot restore says so', async () => {
      const id = await idOf(target);
      await expect(databases.restore({ id, name: target }, 0, copyName())).rejects.toMatchObject({
        code: 'RESTORE_NOT_SUPPORTED',
      });
    });

    it('administrators are named', async () => {
      const administrators = await databases.administrators();
      expect(administrators.length).toBeGreaterThan(0);
      expect(administrators).not.toContain('person');
    });
  });
}
