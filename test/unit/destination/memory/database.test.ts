import { describe, expect, it } from 'vitest';
import { MemoryDatabase } from '../../../../shared/destination/memory/database.ts';
import { MemoryDestination } from '../../../../shared/destination/memory/destination.ts';
import { ACCOUNT, ADDRESS, Chain, idOf, refusedEntry, rowOf } from '../../../contract/destination/harness.ts';

describe('the memory database', () => {
  const namesIn = (database: MemoryDatabase) =>
    [...(database.area(ADDRESS).tables.get('account')?.rows.values() ?? [])].map(({ cells }) => cells.name);

  it('a state that was kept is put back as a whole, as often as wanted', async () => {
    const database = new MemoryDatabase();
    const chain = await new Chain(new MemoryDestination(database, ADDRESS)).begin();
    await chain.apply({ rows: [rowOf(idOf(1), { name: 'kept' })], refused: [refusedEntry(idOf(2))] });
    const state = database.snapshot();
    const before = await chain.destination.positions();
    for (let times = 0; times < 2; times++) {
      await chain.destination.apply(chain.next({ rows: [rowOf(idOf(1), { name: 'lost' })], deletions: [idOf(2)] }));
      expect(namesIn(database)).toEqual(['lost']);
      database.restore(state);
      expect(namesIn(database)).toEqual(['kept']);
      expect(await chain.destination.positions()).toEqual(before);
      expect(await chain.destination.dueRetries(1e15, 9)).toHaveLength(1);
    }
  });

  it('a crash before an operation leaves nothing of it, one after it everything', async () => {
    const crash = { when: '' };
    const database = new MemoryDatabase({
      step(when, operation) {
        if (`${when} ${operation}` === crash.when) throw new Error('crashed');
      },
    });
    const chain = await new Chain(new MemoryDestination(database, ADDRESS)).begin();
    const batch = chain.next({ rows: [rowOf(idOf(1), { name: 'a' })] });
    crash.when = 'before apply';
    await expect(chain.destination.apply(batch)).rejects.toThrow('crashed');
    expect(namesIn(database)).toEqual([]);
    crash.when = 'after apply';
    await expect(chain.destination.apply(batch)).rejects.toThrow('crashed');
    expect(namesIn(database)).toEqual(['a']);
    await expect(chain.destination.apply(batch)).rejects.toMatchObject({ code: 'POSITION_MOVED' });
  });

  it('destinations of other prefixes share the database and nothing else', async () => {
    const database = new MemoryDatabase();
    const chains = await Promise.all(
      ['a', 'b'].map((prefix) => new Chain(new MemoryDestination(database, { ...ADDRESS, prefix }), ACCOUNT).begin()),
    );
    await chains[0]?.apply({ rows: [rowOf(idOf(1))] });
    expect(await chains[1]?.position()).toMatchObject({ page: 'page-0' });
  });

  it('thousands of small batches take no time to speak of', async () => {
    const chain = await new Chain(new MemoryDestination(new MemoryDatabase(), ADDRESS)).begin();
    const started = performance.now();
    for (let n = 0; n < 3_000; n++) {
      await chain.apply({
        rows: [rowOf(idOf(n % 50), { name: `${n}`, versionnumber: `${n}` })],
        deletions: [idOf((n + 25) % 50)],
      });
    }
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
