import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CopyProgress } from '../../../shared/environment-databases/model.ts';
import type { EnvironmentDatabases } from '../../../shared/environment-databases/port.ts';
import { copyName, copyOf, type EnvironmentHarness, type MakeHarness, never, texts, unseen } from './harness.ts';

const TABLES = {
  Table: texts(['a', 'b', null, 'ä € 😀', '']),
  Other: [
    { RECID: 1, VALUE: 'x', COUNT: 7, FLAG: true },
    { RECID: 2, VALUE: null, COUNT: null, FLAG: false },
  ],
};

export function describeCopying(name: string, make: MakeHarness): void {
  describe(`environment databases ${name}: copying`, () => {
    let harness: EnvironmentHarness;
    let databases: EnvironmentDatabases;
    let source: string;
    beforeEach(async () => {
      harness = await make();
      databases = await harness.open();
      source = await harness.create(TABLES, ['person']);
    });
    afterEach(() => harness.close());

    it('a copy holds what the source holds, and the source stays as it was', async () => {
      const copy = await copyOf(databases, harness, source);
      for (const table of ['Table', 'Other'] as const) {
        expect(await harness.rows(copy.name, table)).toEqual(TABLES[table]);
        expect(await harness.rows(source, table)).toEqual(TABLES[table]);
      }
      expect(await databases.find(copy.name)).toMatchObject({ id: copy.id, name: copy.name, isOpen: false });
      expect(await databases.findById(copy.id)).toMatchObject({ id: copy.id, name: copy.name });
      expect(await databases.find(source)).toMatchObject({ isOpen: true });
    });

    it('nobody but the runbook enters a copy, neither users of the source nor others', async () => {
      const copy = await copyOf(databases, harness, source);
      expect(await harness.enters(source, 'person')).toBe(true);
      expect(await harness.enters(copy.name, 'person')).toBe(false);
      expect(await harness.enters(copy.name, 'stranger')).toBe(false);
    });

    it('sessions of the source go on', async () => {
      expect(await harness.enters(source, 'person')).toBe(true);
      await copyOf(databases, harness, source);
      expect(await harness.isInside('person')).toBe(true);
    });

    it('progress grows to the whole', async () => {
      const told: CopyProgress[] = [];
      await databases.copy(harness.connection(source), copyName(), (progress) => told.push(progress), never());
      expect(told.length).toBeGreaterThan(0);
      expect(told.map(({ doneBytes }) => doneBytes)).toEqual(
        told.map(({ doneBytes }) => doneBytes).toSorted((a, b) => a - b),
      );
      expect(new Set(told.map(({ totalBytes }) => totalBytes)).size).toBe(1);
      expect(told.at(-1)?.doneBytes).toBe(told.at(-1)?.totalBytes);
    });

    it('a copy that stands whole is answered with, and not made again', async () => {
      const wanted = copyName();
      const first = await databases.copy(harness.connection(source), wanted, unseen, never());
      await harness.insert(source, 'Table', { RECID: 9, VALUE: 'later' });
      const second = await databases.copy(harness.connection(source), wanted, unseen, never());
      expect(second).toEqual(first);
      expect(await harness.rows(wanted, 'Table')).toEqual(TABLES.Table);
    });

    it('a half copy is dropped and made anew', async () => {
      const wanted = copyName();
      await harness.leaveHalfCopy(wanted);
      const half = await databases.find(wanted);
      expect(half?.isOpen).toBe(false);
      const copy = await databases.copy(harness.connection(source), wanted, unseen, never());
      expect(copy.id).not.toBe(half?.id);
      expect(await harness.rows(wanted, 'Table')).toEqual(TABLES.Table);
    });

    it('a cancelled copy leaves nothing behind', async () => {
      const wanted = copyName();
      const controller = new AbortController();
      const watch = () => controller.abort();
      await expect(databases.copy(harness.connection(source), wanted, watch, controller.signal)).rejects.toMatchObject({
        code: 'COPY_CANCELLED',
      });
      expect(await databases.find(wanted)).toBeNull();
    });

    it('a source that is not there is no reason to leave a copy', async () => {
      const wanted = copyName();
      await expect(databases.copy(harness.connection('nowhere'), wanted, unseen, never())).rejects.toMatchObject({
        code: 'DATABASE_LOGIN_FAILED',
      });
      expect(await databases.find(wanted)).toBeNull();
    });

    it('copies are listed, whole or half, and nothing else is', async () => {
      const copy = await copyOf(databases, harness, source);
      const half = copyName();
      await harness.leaveHalfCopy(half);
      const listed = (await databases.listCopies()).map((one) => one.name);
      expect(listed).toEqual(expect.arrayContaining([copy.name, half]));
      expect(listed).not.toContain(source);
    });

    it('a copy of a copy’s name alone is made', async () => {
      await expect(databases.copy(harness.connection(source), 'target', unseen, never())).rejects.toMatchObject({
        code: 'DATABASE_BUG',
      });
    });
  });
}
