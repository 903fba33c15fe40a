import { type PartyList, partiesOf } from './activity-parties.ts';
import { Catalog } from './catalog.ts';
import type { Observer } from './changes.ts';
import type { EntityDefinition, ManyToManyDefinition } from './definitions.ts';
import { Deletions } from './deletions.ts';
import { duplicateKey, rowNotFound } from './errors.ts';
import { Links } from './links.ts';
import type {
  OrganizationIdentity,
  OrganizationOptions,
  OrganizationState,
  WriteOptions,
} from './organization-types.ts';
import { type Author, Pipeline } from './pipeline.ts';
import { seededIds, seededRandom } from './random.ts';
import { References } from './references.ts';
import type { Reference, Row, Values } from './row.ts';
import type { Surroundings } from './row-writer.ts';
import { Table } from './table.ts';
import * as tracking from './tracking.ts';
import { Transaction } from './transaction.ts';
import { DEFAULT_VARIANTS, type Variants } from './variants.ts';

/**
 * A Dataverse organization in memory. Nothing in it reads a clock or draws by chance but through its options, so the same
 * calls give the same organization. Every method that changes something either does all of it or throws a DataverseError
 * and does nothing.
 */
export class Organization {
  identity: OrganizationIdentity;
  variants: Variants;
  retentionMs: number;
  readonly newId: () => string;
  private readonly now: () => number;
  private readonly catalog = new Catalog();
  private readonly pipeline: Pipeline;
  private readonly links: Links;
  private readonly deletions: Deletions;
  private readonly references = new References(this.catalog);

  constructor(options: OrganizationOptions) {
    this.identity = options.identity;
    this.variants = { ...DEFAULT_VARIANTS, ...options.variants };
    this.retentionMs = options.retentionMs ?? tracking.DEFAULT_RETENTION_MS;
    this.now = options.now;
    this.newId = options.newId ?? seededIds(seededRandom(1));
    this.pipeline = new Pipeline(
      () => this.nowSeconds,
      () => Math.floor(this.retentionMs / 1000),
    );
    this.links = new Links(this.catalog, this.pipeline, this.newId);
    this.deletions = new Deletions(this.catalog, this.pipeline);
  }

  /** Watches all changes; gives the function that ends it. */
  observe(observer: Observer): () => void {
    this.pipeline.observers.add(observer);
    return () => this.pipeline.observers.delete(observer);
  }

  /** The database-wide version of the last change. */
  get version(): number {
    return this.pipeline.version;
  }

  /** Goes up with every change of any metadata. */
  get metadataVersion(): number {
    return this.catalog.metadataVersion;
  }

  /** The highest version below every open transaction: no token passes it. */
  get bound(): number {
    return this.pipeline.bound;
  }

  get nowSeconds(): number {
    return Math.floor(this.now() / 1000);
  }

  // ---- tables

  /** Defines tables, or replaces their definitions; rows keep the cells of attributes that remain. */
  define(...definitions: readonly EntityDefinition[]): void {
    for (const { table, isNew } of this.catalog.define(definitions)) {
      if (!isNew && this.variants.metadataExpiresTokens) this.refuseTokens(table);
      for (const observer of this.pipeline.observers) observer.defined?.(table);
    }
  }

  /** Takes a table away, with its rows. */
  undefine(entity: string): void {
    this.catalog.remove(entity);
    for (const observer of this.pipeline.observers) observer.restored?.();
  }

  /** Throws a DataverseError when there is no such table. */
  table(entity: string): Table {
    return this.catalog.table(entity);
  }

  findTable(entity: string): Table | undefined {
    return this.catalog.find(entity);
  }

  tables(): readonly Table[] {
    return this.catalog.all();
  }

  manyToMany(schemaName: string): ManyToManyDefinition {
    return this.catalog.manyToMany(schemaName);
  }

  // ---- rows

  find(entity: string, id: string): Row | undefined {
    return this.table(entity).rows.get(id);
  }

  row(entity: string, id: string): Row {
    const row = this.find(entity, id);
    if (!row) throw rowNotFound(entity, id);
    return row;
  }

  create(entity: string, values: Values, options: WriteOptions = {}): Row {
    const table = this.table(entity);
    const given = options.id ?? values[table.definition.primaryIdAttribute];
    const id = typeof given === 'string' ? given : this.newId();
    if (table.rows.has(id)) throw duplicateKey();
    this.pipeline.assertFree(id);
    const { cells, changed } = this.catalog.writerOf(table).create(values, this.surroundings(options));
    const row = { self: this.references.of({ entity, id }), version: this.pipeline.nextVersion(), cells };
    this.pipeline.put(table, row);
    this.pipeline.announce('Create', table, row, changed, this.author(options));
    if (table.definition.isActivity) this.writeParties(partiesOf(table, row, values, true), row.self, options);
    return row;
  }

  update(entity: string, id: string, values: Values, options: WriteOptions = {}): Row {
    const table = this.table(entity);
    const before = this.row(entity, id);
    this.pipeline.assertFree(id);
    const { cells, changed } = this.catalog.writerOf(table).update(before, values, this.surroundings(options));
    const row = { self: before.self, version: this.pipeline.nextVersion(), cells };
    this.pipeline.put(table, row);
    this.pipeline.announce('Update', table, row, changed, this.author(options));
    if (table.definition.isActivity) this.writeParties(partiesOf(table, row, values, false), row.self, options);
    return row;
  }

  upsert(entity: string, id: string, values: Values, options: WriteOptions = {}): Row {
    return this.find(entity, id)
      ? this.update(entity, id, values, options)
      : this.create(entity, values, { ...options, id });
  }

  /** Writes what formulas and rollups came to: no new version, and nobody is notified. */
  recompute(entity: string, id: string, values: Values): void {
    const table = this.table(entity);
    const { self, version } = this.row(entity, id);
    const cells = this.catalog.writerOf(table).withComputed(this.row(entity, id), values);
    this.pipeline.put(table, { self, version, cells });
  }

  /** Deletes the row and all that its relationships take along; clears the links they say to remove. */
  delete(entity: string, id: string, options: WriteOptions = {}): void {
    this.deletions.delete(this.table(entity), this.row(entity, id), this.author(options));
  }

  /** Brings a deleted row back under its old id, with the rows that were deleted along with it. */
  restore(entity: string, id: string, options: WriteOptions = {}): Row {
    return this.deletions.restore(this.table(entity), id, this.author(options));
  }

  /** Links rows by a many-to-many relationship; `entity` and `id` are the side that was asked. */
  associate(
    schemaName: string,
    entity: string,
    id: string,
    related: readonly Reference[],
    options: WriteOptions = {},
  ): void {
    for (const one of related) this.row(one.entity, one.id);
    const target = this.row(entity, id);
    this.links.add(this.manyToMany(schemaName), target, related, this.author(options), this.surroundings(options));
  }

  disassociate(
    schemaName: string,
    entity: string,
    id: string,
    related: readonly Reference[],
    options: WriteOptions = {},
  ): void {
    this.links.remove(this.manyToMany(schemaName), this.row(entity, id), related, this.author(options));
  }

  /** Opens a transaction: its changes have their versions at once and take effect when it commits. */
  begin(): Transaction {
    const transaction: Transaction = new Transaction(this, {
      reserveVersion: () => ++this.pipeline.version,
      assertFree: (id) => this.pipeline.assertFree(id),
      apply: (version, change) => this.pipeline.withReserved(version, change),
      closed: () => this.pipeline.transactions.delete(transaction),
    });
    this.pipeline.transactions.add(transaction);
    return transaction;
  }

  rollBackTransactions(): void {
    for (const transaction of [...this.pipeline.transactions]) transaction.rollback();
  }

  // ---- reading

  /** The text by which a row is shown; null when the row is unknown. */
  nameOf(reference: Reference): string | null {
    return this.references.nameOf(reference);
  }

  /** A read of all rows; a tracked one ends with a token. */
  beginRead(tracked: boolean, columns?: string): tracking.ReadState {
    return tracking.beginRead(tracked, this.readContext(), columns);
  }

  /** A read of what changed since a token. Throws a DataverseError (0x80044352) when it is not honoured any more. */
  beginDelta(entity: string, token: string, columns?: string): tracking.ReadState {
    return tracking.beginDelta(this.table(entity), token, this.readContext(), columns);
  }

  /** The next page of a read, at most `size` entries; `matches` chooses rows of a full read. */
  readPage(
    entity: string,
    state: tracking.ReadState,
    size: number,
    matches?: (row: Row) => boolean,
  ): tracking.ReadPage {
    return tracking.readPage(this.table(entity), state, size, this.readContext(), matches);
  }

  countChanges(entity: string, token: string): number {
    return tracking.countChanges(this.table(entity), this.beginDelta(entity, token), this.readContext());
  }

  /** Makes every token handed out so far useless, of one entity or of all. */
  expireTokens(entity?: string): void {
    for (const table of entity === undefined ? this.tables() : [this.table(entity)]) {
      this.refuseTokens(table);
      for (const observer of this.pipeline.observers) observer.defined?.(table);
    }
  }

  // ---- states

  /** The whole state but the identity. Rows are shared with the living organization, which never changes them. */
  snapshot(): OrganizationState {
    const { version, metadataVersion } = this;
    const tables = this.tables().map((table) => ({
      definition: table.definition,
      tokensSince: table.tokensSince,
      ...table.contents(),
    }));
    return { version, metadataVersion, tables };
  }

  /** Goes back to an earlier state: versions too. Open transactions are rolled back. */
  restoreState(state: OrganizationState): void {
    this.rollBackTransactions();
    const tables = state.tables.map(({ definition, tokensSince, ...contents }) => {
      const table = new Table(definition);
      table.tokensSince = tokensSince;
      table.fill(contents);
      return table;
    });
    this.catalog.replace(tables, state.metadataVersion);
    this.pipeline.version = state.version;
    for (const observer of this.pipeline.observers) observer.restored?.();
  }

  // ---- inside

  private surroundings({ caller }: WriteOptions): Surroundings {
    return this.references.surroundings(this.identity, caller, this.nowSeconds);
  }

  private author({ caller, depth = 1 }: WriteOptions): Author {
    return { caller: caller ?? this.references.caller(this.identity), depth };
  }

  private writeParties(lists: readonly PartyList[], activity: Reference, options: WriteOptions): void {
    const parties = this.findTable('activityparty');
    if (!parties) return;
    const within = { ...options, id: undefined, depth: 2 };
    for (const { mask, members } of lists) {
      for (const id of parties.referringTo('activityid', activity.id)) {
        const party = parties.rows.get(id) as Row;
        if (parties.cell(party, 'participationtypemask') === mask)
          this.pipeline.remove(parties, party, null, this.author(within));
      }
      for (const partyid of members)
        this.create('activityparty', { activityid: activity, partyid, participationtypemask: mask }, within);
    }
  }

  private refuseTokens(table: Table): void {
    table.tokensSince = ++this.pipeline.version;
  }

  private readContext(): tracking.ReadContext {
    const { variants, version, bound, retentionMs } = this;
    return { variants, version, bound, nowMs: this.now(), retentionMs };
  }
}
