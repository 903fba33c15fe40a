import { openMemoryDatabases } from '../../../shared/environment-databases/memory/databases.ts';
import { MemoryServers, type MemoryTable, memoryTable } from '../../../shared/environment-databases/memory/server.ts';
import { type EnvironmentHarness, RANGE_ROWS, type Row } from './harness.ts';

export async function makeMemoryHarness(): Promise<EnvironmentHarness> {
  const servers = new MemoryServers();
  const server = servers.add('server', { rangeRows: RANGE_ROWS });
  const open = openMemoryDatabases(servers);
  const sessions: { user: string; session: number }[] = [];
  const connection = (name: string) => `memory://server/${name}`;
  let number = 0;

  const tableOf = (database: string, table: string): MemoryTable => {
    const found = server.byName(database)?.tables.get(`dbo.${table}`);
    if (!found) throw new Error(`no table ${table} in ${database}`);
    return found;
  };
  const replace = (database: string, table: string, rows: Map<number, Row>) => {
    const { id, tables } = server.byName(database) ?? { id: '', tables: new Map() };
    server.change(id, { tables: new Map(tables).set(`dbo.${table}`, { ...tableOf(database, table), rows }) });
  };
  return {
    open: () => open(connection('any')),
    connection,
    async create(tables, users = []) {
      number += 1;
      const named = Object.entries(tables).map(([name, rows]): [string, MemoryTable] => [
        `dbo.${name}`,
        memoryTable(rows),
      ]);
      const rights = Object.fromEntries(users.map((user) => [user, ['read']]));
      return server.create(`environment ${number}`, { tables: new Map(named), users: rights }).name;
    },
    rows: async (database, table) => [...tableOf(database, table).rows.values()],
    async change(database, table, recId, column, value) {
      const rows = new Map(tableOf(database, table).rows);
      rows.set(recId, { ...rows.get(recId), [column]: value });
      replace(database, table, rows);
    },
    async insert(database, table, row) {
      replace(database, table, new Map(tableOf(database, table).rows).set(Number(row.RECID), row));
    },
    async enters(database, user) {
      const session = server.enter(database, user);
      if (session === null) return false;
      sessions.push({ user, session });
      return server.read(session) !== null;
    },
    isInside: async (user) => sessions.some((one) => one.user === user && server.read(one.session) !== null),
    async leaveHalfCopy(name) {
      server.create(name, { state: 'half', progress: new Map() });
    },
    close: async () => undefined,
  };
}
