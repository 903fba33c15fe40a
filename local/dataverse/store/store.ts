import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Organization } from '../model/organization.ts';
import type { OrganizationState } from '../model/organization-types.ts';
import type { Row } from '../model/row.ts';
import type { Binned, Deletion, Table } from '../model/table.ts';
import type { OutboxStore, Waiting } from '../notifications/outbox.ts';
import { loadState } from './load-state.ts';
import { encodeCells } from './row-codec.ts';
import { PRAGMAS, SCHEMA, STATE_TABLES } from './schema.ts';

const STATES_FOLDER = 'states';

interface StoredWaiting {
  readonly sequence: number;
  readonly endpoint: string;
  readonly body: string;
  readonly properties: string;
  readonly correlation: string;
  readonly due: number;
}

/**
 * Keeps an organization, its settings and its waiting messages in a file. What changed is collected and written by
 * `commit`, in one transaction: after the process was killed the file holds the last commit, whole.
 */
export class Store implements OutboxStore {
  private readonly folder: string;
  private readonly database: DatabaseSync;
  private readonly statements: ReturnType<typeof prepare>;
  private readonly dirtyRows = new Map<Table, Map<string, Row | null>>();
  private readonly dirtyTables = new Set<Table>();
  private readonly savedSlots = new WeakMap<Table, number>();
  private deletions: { entity: string; deletion: Deletion; binned: Binned }[] = [];
  private finished: number[] = [];
  private readonly collectedSettings = new Map<string, unknown>();

  constructor(folder: string) {
    mkdirSync(path.join(folder, STATES_FOLDER), { recursive: true });
    this.folder = folder;
    this.database = new DatabaseSync(path.join(folder, 'organization.sqlite'));
    this.database.exec(PRAGMAS);
    this.database.exec(SCHEMA);
    this.statements = prepare(this.database);
  }

  /** The state of the last commit; null for a new folder. */
  load(): OrganizationState | null {
    return loadState(this.database);
  }

  setting<T>(name: string): T | null {
    const stored = this.database.prepare('SELECT value FROM setting WHERE name = ?').get(name) as
      | { value: string }
      | undefined;
    return stored ? (JSON.parse(stored.value) as T) : null;
  }

  setSetting(name: string, value: unknown): void {
    this.statements.setting.run(name, JSON.stringify(value));
  }

  /** Writes a setting together with what else the next commit writes. */
  collectSetting(name: string, value: unknown): void {
    this.collectedSettings.set(name, value);
  }

  /** Collects from now on what changes in the organization. */
  follow(organization: Organization): void {
    organization.observe({
      rowWritten: (table, row) => this.rowsOf(table).set(row.self.id, row),
      rowRemoved: (table, deletion, binned) => {
        this.rowsOf(table).set(deletion.id, null);
        this.deletions.push({ entity: table.definition.logicalName, deletion, binned });
      },
      defined: (table) => this.dirtyTables.add(table),
      restored: () => this.rewrite(organization),
    });
  }

  /** Writes all that was collected, with the messages that it brought about. */
  commit(organization: Organization, waiting: readonly Waiting[] = []): void {
    if (this.dirtyRows.size === 0 && this.dirtyTables.size === 0 && waiting.length === 0) return;
    this.transaction(() => {
      for (const [table, rows] of this.dirtyRows) this.writeRows(table, rows);
      for (const table of this.dirtyTables) this.writeTable(organization, table);
      for (const one of this.deletions) this.writeDeletion(one);
      for (const message of waiting) this.writeWaiting(message);
      for (const [name, value] of this.collectedSettings) this.setSetting(name, value);
      this.writeVersions(organization);
    });
    this.forgetCollected();
  }

  /** Every waiting message, in order. */
  loadWaiting(): Waiting[] {
    const stored = this.database.prepare('SELECT * FROM waiting ORDER BY sequence').all() as unknown as StoredWaiting[];
    return stored.map((one) => ({
      sequence: one.sequence,
      endpointId: one.endpoint,
      body: one.body,
      properties: JSON.parse(one.properties) as Waiting['properties'],
      correlationId: one.correlation,
      due: one.due,
      attempts: 0,
    }));
  }

  addWaiting(messages: readonly Waiting[]): void {
    this.transaction(() => {
      for (const message of messages) this.writeWaiting(message);
    });
  }

  removeWaiting(sequences: readonly number[]): void {
    this.finished.push(...sequences);
    this.transaction(() => {
      for (const sequence of this.finished) this.statements.removeWaiting.run(sequence);
    });
    this.finished = [];
  }

  /** Keeps the state of the last commit under a name of letters, digits, `-` and `_`. */
  saveState(name: string): void {
    const file = this.stateFile(name);
    rmSync(file, { force: true });
    this.database.exec(`VACUUM INTO '${file.replaceAll("'", "''")}'`);
  }

  /** A state kept under a name; null when there is none. */
  readState(name: string): OrganizationState | null {
    let database: DatabaseSync;
    try {
      database = new DatabaseSync(this.stateFile(name), { readOnly: true });
    } catch {
      return null;
    }
    try {
      return loadState(database);
    } finally {
      database.close();
    }
  }

  /** Forgets deletions that no token can ask for any more. */
  prune(keepSinceSeconds: number): void {
    this.database.prepare('DELETE FROM deletion WHERE at < ?').run(keepSinceSeconds);
  }

  close(): void {
    this.database.close();
  }

  private rowsOf(table: Table): Map<string, Row | null> {
    let rows = this.dirtyRows.get(table);
    if (!rows) {
      rows = new Map();
      this.dirtyRows.set(table, rows);
    }
    return rows;
  }

  /** Replaces everything by what the organization holds now. */
  private rewrite(organization: Organization): void {
    this.forgetCollected();
    this.transaction(() => {
      for (const table of STATE_TABLES) this.database.exec(`DELETE FROM ${table}`);
      for (const table of organization.tables()) {
        this.writeTable(organization, table);
        this.writeRows(table, table.rows);
        const entity = table.definition.logicalName;
        for (const deletion of table.deletions.all())
          this.statements.deletion.run(deletion.version, entity, deletion.id, deletion.at);
        for (const binned of table.bin.values()) this.writeBinned(entity, binned);
      }
      this.writeVersions(organization);
    });
  }

  private forgetCollected(): void {
    this.dirtyRows.clear();
    this.dirtyTables.clear();
    this.collectedSettings.clear();
    this.deletions = [];
  }

  private writeRows(table: Table, rows: ReadonlyMap<string, Row | null>): void {
    const entity = table.definition.logicalName;
    for (const [id, row] of rows)
      if (row) this.statements.record.run(entity, id, row.version, encodeCells(row.cells));
      else this.statements.removeRecord.run(entity, id);
    // Cells are nothing without their slots, so new slots go into the same transaction.
    if (this.savedSlots.get(table) !== table.slotsGiven) this.dirtyTables.add(table);
  }

  private writeTable(organization: Organization, table: Table): void {
    const position = organization.tables().indexOf(table);
    const { definition, tokensSince } = table;
    const slotText = JSON.stringify([...table.slotNames]);
    this.statements.entity.run(
      definition.logicalName,
      position,
      JSON.stringify(definition),
      tokensSince,
      slotText,
      table.slotsGiven,
    );
    this.savedSlots.set(table, table.slotsGiven);
  }

  private writeDeletion({ entity, deletion, binned }: { entity: string; deletion: Deletion; binned: Binned }): void {
    this.statements.deletion.run(deletion.version, entity, deletion.id, deletion.at);
    this.writeBinned(entity, binned);
  }

  private writeBinned(entity: string, { row, version, group }: Binned): void {
    this.statements.binned.run(entity, row.self.id, version, group, row.version, encodeCells(row.cells));
  }

  private writeWaiting({ sequence, endpointId, body, properties, correlationId, due }: Waiting): void {
    this.statements.waiting.run(sequence, endpointId, body, JSON.stringify(properties), correlationId, due);
  }

  private writeVersions({ version, metadataVersion }: Organization): void {
    this.setSetting('version', version);
    this.setSetting('metadataVersion', metadataVersion);
  }

  private stateFile(name: string): string {
    return path.join(this.folder, STATES_FOLDER, `${name}.sqlite`);
  }

  private transaction(work: () => void): void {
    this.database.exec('BEGIN');
    try {
      work();
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
  }
}

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  return {
    setting: statement('INSERT OR REPLACE INTO setting VALUES (?, ?)'),
    entity: statement('INSERT OR REPLACE INTO entity VALUES (?, ?, ?, ?, ?, ?)'),
    record: statement('INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)'),
    removeRecord: statement('DELETE FROM record WHERE entity = ? AND id = ?'),
    deletion: statement('INSERT OR REPLACE INTO deletion VALUES (?, ?, ?, ?)'),
    binned: statement('INSERT OR REPLACE INTO binned VALUES (?, ?, ?, ?, ?, ?)'),
    waiting: statement('INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?, ?)'),
    removeWaiting: statement('DELETE FROM waiting WHERE sequence = ?'),
  };
}
