import { MemoryDatabase } from '../../../shared/destination/memory/database.ts';
import { MemoryDestination } from '../../../shared/destination/memory/destination.ts';
import { ADDRESS, type DestinationHarness } from './harness.ts';

export async function makeMemoryHarness(): Promise<DestinationHarness> {
  const database = new MemoryDatabase();
  return {
    dates: { firstYear: 1, coarse: false },
    open: (address) => new MemoryDestination(database, { ...ADDRESS, ...address }),
    async rows({ logicalName }, address) {
      const { tables } = database.area({ ...ADDRESS, ...address });
      const rows = [...(tables.get(logicalName.toLowerCase())?.rows.values() ?? [])];
      return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async deletions() {
      const deletions = [...(database.area(ADDRESS).own?.deletions?.values() ?? [])];
      return deletions.map(({ entity, id, version }) => ({ entity, id, version: version.toString() }));
    },
    async forbid({ name, deletionOf }) {
      database.constraint = (_, id, row) =>
        (row === null ? id === deletionOf : name !== undefined && row.name === name) ? 'a rule forbids it' : null;
    },
    async dropTable({ logicalName }) {
      database.area(ADDRESS).tables.delete(logicalName);
    },
    async dropOwnTables() {
      database.area(ADDRESS).own = null;
    },
    close: async () => undefined,
  };
}
