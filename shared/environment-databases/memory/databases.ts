import { FreshetError } from '../../errors/error.ts';
import { ADMIN_ROWS, administratorRules } from '../administrator.ts';
import { meetsAll } from '../conditions.ts';
import {
  type Access,
  type Administrator,
  COPY_NAME,
  type CopyProgress,
  type DatabaseFacts,
  type RuleFinding,
  type RuleOutcome,
} from '../model.ts';
import type { EnvironmentDatabases, OpenDatabases } from '../port.ts';
import { columnsWithoutRule, meansTable, type RunningJobsQuery, type ScrubRule } from '../scrub-rules.ts';
import { applyRange, cellOf, findingsOf, schemaAndName, tablesOf, touched } from './rules.ts';
import {
  bytesOf,
  factsOf,
  type MemoryDatabase,
  type MemoryProgress,
  type MemoryServer,
  type MemoryServers,
  type MemoryTable,
} from './server.ts';

const RANGE_ROWS = 2;

/** The databases of servers in memory. */
export function openMemoryDatabases(servers: MemoryServers): OpenDatabases {
  return async (connection) => new MemoryDatabases(servers, servers.of(connection).server);
}

class MemoryDatabases implements EnvironmentDatabases {
  readonly #servers: MemoryServers;
  readonly #server: MemoryServer;

  constructor(servers: MemoryServers, server: MemoryServer) {
    this.#servers = servers;
    this.#server = server;
  }

  find(name: string): Promise<DatabaseFacts | null> {
    return this.#step('find', name, () => facts(this.#server.byName(name)));
  }

  findById(id: string): Promise<DatabaseFacts | null> {
    return this.#step('findById', id, () => facts(this.#server.byId(id)));
  }

  listCopies(): Promise<DatabaseFacts[]> {
    return this.#step('listCopies', '', () =>
      this.#server.databases.filter(({ name }) => COPY_NAME.test(name)).map(factsOf),
    );
  }

  freeBytes(): Promise<number | null> {
    const { maxBytes } = this.#server.options;
    const used = () => this.#server.databases.reduce((sum, database) => sum + bytesOf(database), 0);
    return this.#step('freeBytes', '', () => (maxBytes === undefined ? null : Math.max(0, maxBytes - used())));
  }

  administrators(): Promise<string[]> {
    return this.#step('administrators', '', () => ['administrator']);
  }

  missingRights(id: string): Promise<string[]> {
    return this.#step('missingRights', id, () => [...(this.#server.options.missingRights ?? [])]);
  }

  uncopied(source: string): Promise<string[]> {
    return this.#step('uncopied', '', () => [...this.#original(source).uncopied]);
  }

  copy(
    source: string,
    name: string,
    watch: (progress: CopyProgress) => void,
    cancelled: AbortSignal,
  ): Promise<DatabaseFacts> {
    return this.#step('copy', name, async () => {
      const original = this.#original(source);
      const standing = this.#server.byName(name);
      if (!COPY_NAME.test(name))
        throw new FreshetError('DATABASE_BUG', { text: 'a copy bears a name that is none of one' });
      if (standing?.state === 'open') throw new FreshetError('DATABASE_NAME_TAKEN', { name });
      if (standing?.state === 'shut') return factsOf(standing);
      if (standing) this.#server.remove(standing.id);
      if (original.uncopied.length > 0)
        throw new FreshetError('COPY_UNSUPPORTED', { objects: original.uncopied.join(', ') });
      const { id } = this.#server.create(name, { state: 'half', progress: new Map() });
      const totalBytes = bytesOf(original);
      const tables = new Map<string, MemoryTable>();
      for (const [table, contents] of original.tables) {
        if (cancelled.aborted) {
          this.#server.remove(id);
          throw new FreshetError('COPY_CANCELLED');
        }
        tables.set(table, contents);
        const half = this.#server.change(id, { tables: new Map(tables) });
        watch({ doneBytes: bytesOf(half), totalBytes });
        await this.#server.options.step?.('after', 'copy.table', name);
      }
      watch({ doneBytes: totalBytes, totalBytes });
      return factsOf(this.#server.change(id, { state: 'shut' }));
    });
  }

  access(id: string): Promise<Access> {
    return this.#step('access', id, () => ({ dialect: 'memory', users: this.#database(id).users }));
  }

  giveAccess(id: string, access: Access): Promise<void> {
    return this.#step('giveAccess', id, () => {
      if (access.dialect !== 'memory')
        throw new FreshetError('DATABASE_BUG', { text: 'the access is not this server’s' });
      this.#server.change(id, { users: access.users as MemoryDatabase['users'] });
    });
  }

  shut(id: string): Promise<void> {
    return this.#step('shut', id, () => {
      const { state } = this.#database(id);
      this.#server.change(id, { state: state === 'half' ? 'half' : 'shut' });
      this.#server.endSessions(id);
    });
  }

  open(id: string): Promise<void> {
    return this.#step('open', id, () => {
      const { state, progress } = this.#database(id);
      if (state === 'half' || progress) throw new FreshetError('DATABASE_UNSCRUBBED', { id });
      this.#server.change(id, { state: 'open' });
    });
  }

  rename(id: string, name: string): Promise<void> {
    return this.#step('rename', id, () => {
      const other = this.#server.byName(name);
      if (other && other.id !== id) throw new FreshetError('DATABASE_NAME_TAKEN', { name });
      this.#server.change(id, { name });
    });
  }

  drop(id: string): Promise<void> {
    return this.#step('drop', id, () => {
      const database = this.#server.byId(id);
      if (database?.state === 'open') throw new FreshetError('DATABASE_IN_SERVICE', { name: database.name });
      this.#server.remove(id);
    });
  }

  restore(of: { readonly id: string; readonly name: string }, atMs: number, name: string): Promise<DatabaseFacts> {
    return this.#step('restore', of.id, () => {
      const kept = this.#server.options.restores ? this.#server.restorePoint(of.id, atMs) : undefined;
      if (!kept) throw new FreshetError('RESTORE_NOT_SUPPORTED', { name: of.name });
      const standing = this.#server.byName(name);
      if (standing) return factsOf(standing);
      return factsOf(this.#server.create(name, { tables: kept.tables, users: kept.users, state: 'shut' }));
    });
  }

  countRule(id: string, rule: ScrubRule): Promise<number | null> {
    return this.#step('countRule', id, () => {
      const tables = tablesOf(this.#database(id), rule);
      return tables.length === 0 ? null : tables.reduce((sum, [, table]) => sum + touched(rule, table), 0);
    });
  }

  applyRule(
    id: string,
    rule: ScrubRule,
    watch: (done: number, of: number) => void,
    cancelled: AbortSignal,
  ): Promise<RuleOutcome> {
    return this.#step('applyRule', id, async () => {
      const database = this.#database(id);
      if (!database.progress) throw new FreshetError('SCRUB_NOT_A_COPY', { id });
      const tables = tablesOf(database, rule);
      let rows = 0;
      for (const [name] of tables) {
        const before = rows;
        rows += await this.#applyToTable(id, rule, name, (done, of) => watch(before + done, before + of), cancelled);
      }
      return { status: tables.length > 0 ? 'applied' : 'skipped', tables: tables.map(([name]) => name), rows };
    });
  }

  async #applyToTable(
    id: string,
    rule: ScrubRule,
    name: string,
    watch: (done: number, of: number) => void,
    cancelled: AbortSignal,
  ): Promise<number> {
    const size = this.#server.options.rangeRows ?? RANGE_ROWS;
    const key = progressKey(rule, name);
    for (;;) {
      if (cancelled.aborted) throw new FreshetError('COPY_CANCELLED');
      const { tables, progress } = this.#database(id);
      const table = tables.get(name);
      const mark = progress?.get(key) ?? { last: 0, rows: 0, finished: false };
      if (mark.finished || !table) return mark.rows;
      const seed = `seed of ${id}`;
      const range = applyRange(rule, table, mark, size, seed);
      this.#server.change(id, {
        tables: new Map(tables).set(name, range.table),
        progress: new Map<string, MemoryProgress>(progress ?? []).set(key, range.progress),
      });
      watch(range.progress.last, Math.max(0, ...table.rows.keys()));
      await this.#server.options.step?.('after', 'applyRule.range', id);
    }
  }

  verifyRule(id: string, rule: ScrubRule, source: string): Promise<RuleFinding[]> {
    return this.#step('verifyRule', id, () => {
      const database = this.#database(id);
      const { server, database: original } = this.#servers.of(source);
      return tablesOf(database, rule).flatMap(([name, table]) =>
        findingsOf(
          rule,
          [name, table],
          database.progress?.get(progressKey(rule, name)),
          server.byName(original)?.tables.get(name),
        ),
      );
    });
  }

  unknownColumns(id: string, known: readonly ScrubRule[]): Promise<string[]> {
    return this.#step('unknownColumns', id, () => {
      const columns = [...this.#database(id).tables].flatMap(([name, table]) => {
        const [schema, bare] = schemaAndName(name);
        return table.columns.map((column) => ({ schema, table: bare, column }));
      });
      return columnsWithoutRule(columns, known);
    });
  }

  runningJobs(id: string, query: RunningJobsQuery): Promise<string[] | null> {
    return this.#step('runningJobs', id, () => {
      const { table, where } = query;
      const rule: ScrubRule = { id: 'running-jobs', title: 'Running jobs', action: 'delete', table, where };
      const tables = tablesOf(this.#database(id), rule);
      if (tables.length === 0) return null;
      return tables
        .flatMap(([, { rows }]) => [...rows.values()])
        .filter((row) => meetsAll(where, (column) => cellOf(row, column)))
        .map((row) => String(cellOf(row, query.name) ?? ''));
    });
  }

  resetAdministrator(id: string, administrator: Administrator): Promise<'reset' | 'absent' | 'skipped'> {
    return this.#step('resetAdministrator', id, () => {
      const database = this.#database(id);
      const users = tablesOf(database, ADMIN_ROWS);
      if (users.length > 0 && !users.some(([, table]) => touched(ADMIN_ROWS, table) > 0)) return 'absent';
      const tables = new Map(database.tables);
      for (const rule of administratorRules(administrator)) {
        for (const [name, table] of tables) {
          if (!meansTable(rule, ...schemaAndName(name)) || !hasColumn(table, rule.column)) continue;
          const fresh = { last: 0, rows: 0, finished: false };
          tables.set(name, applyRange(rule, table, fresh, table.rows.size + 1, '').table);
        }
      }
      this.#server.change(id, { tables });
      return users.length > 0 ? 'reset' : 'skipped';
    });
  }

  finish(id: string): Promise<void> {
    return this.#step('finish', id, () => {
      this.#server.change(id, { progress: null });
    });
  }

  async close(): Promise<void> {}

  /** DATABASE_LOGIN_FAILED. */
  #original(source: string): MemoryDatabase {
    const { server, database } = this.#servers.of(source);
    const original = server.byName(database);
    if (!original) throw new FreshetError('DATABASE_LOGIN_FAILED', { text: `database "${database}" does not exist` });
    return original;
  }

  #database(id: string): MemoryDatabase {
    const database = this.#server.byId(id);
    if (!database) throw new FreshetError('DATABASE_GONE', { id });
    return database;
  }

  async #step<T>(operation: string, database: string, work: () => T | Promise<T>): Promise<T> {
    await this.#server.options.step?.('before', operation, database);
    const result = await work();
    await this.#server.options.step?.('after', operation, database);
    return result;
  }
}

function facts(database: MemoryDatabase | undefined): DatabaseFacts | null {
  return database ? factsOf(database) : null;
}

function progressKey(rule: ScrubRule, table: string): string {
  return `${rule.id} ${table}`;
}

function hasColumn({ columns }: MemoryTable, column: string): boolean {
  return columns.some((name) => name.toLowerCase() === column.toLowerCase());
}
