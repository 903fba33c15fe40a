import type { Cell, Column } from '../../dataverse/columns.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { FreshetError } from '../../errors/error.ts';
import type { RemovedRetries, StoredRetry } from '../accounting.ts';
import type { DialectRange } from '../cells.ts';
import type { MetadataTable } from '../metadata-tables.ts';
import type {
  Batch,
  Counters,
  DestinationAddress,
  Examination,
  HeldRow,
  Position,
  RetryEntry,
  RowChoice,
} from '../model.ts';
import type { Ddl, StandingTable } from './alterations.ts';

/**
 * What a SQL destination is made of: statements, each a function on a session of the dialect's own kind. They run inside a unit of
 * work and throw what the driver throws; the unit's end classifies it.
 */

/** A table, or another object of a schema. */
export interface ObjectName {
  readonly schema: string;
  readonly name: string;
}

/** The names of all tables of one profile, as the dialect spells them. */
export interface TableNames {
  readonly schema: string;
  /** An object of the profile, by what it is called without a prefix. */
  named(name: string): ObjectName;
  entity(logicalName: string): ObjectName;
  readonly position: ObjectName;
  readonly retry: ObjectName;
  readonly deleteLog: ObjectName;
  readonly metadata: Readonly<Record<MetadataTable, ObjectName>>;
}

/** What every session can do. */
export interface SqlSession {
  /** One statement without parameters. */
  run(statement: string): Promise<void>;
}

export interface Dialect<S extends SqlSession> {
  readonly range: DialectRange;
  names(address: DestinationAddress): TableNames;
  /** True for the refusal of a statement that names a table which does not stand. */
  isMissingTable(error: FreshetError): boolean;
  /** True for the refusal of a value that stands in a unique index already, the key included. */
  isTaken(error: FreshetError): boolean;
  readonly positions: PositionStatements<S>;
  readonly retries: RetryStatements<S>;
  readonly rows: RowStatements<S>;
  readonly definitions: DefinitionStatements<S>;
}

/** What stands beside a position while a transaction holds it. */
export interface Held {
  readonly stamp: number;
  readonly counters: Counters;
  /** Snapshots begun, and the stamp of the transaction that began them. */
  readonly begins: Readonly<Record<string, number>>;
}

/** On the position table. A row is the lock of all that is applied to its entity; but for a takeover, each changes one. */
export interface PositionStatements<S> {
  /** Moves the position from the page expected, if it stands there and is this profile's; null otherwise. */
  movePosition(
    session: S,
    table: ObjectName,
    profileId: string,
    move: Pick<Batch, 'entity' | 'expected' | 'to' | 'now'>,
  ): Promise<Held | null>;
  /** Locks the position where it stands; null when this profile has none for the entity. */
  lockPosition(session: S, table: ObjectName, profileId: string, entity: string): Promise<Held | null>;
  /** The page where the position stands and whose it is, locked there until the transaction ends; null for none. */
  holdPosition(session: S, table: ObjectName, entity: string): Promise<{ page: string; profileId: string } | null>;
  updateHeld(session: S, table: ObjectName, entity: string, held: Held): Promise<void>;
  /** Whether positions of other profiles than these stand. */
  othersStand(session: S, table: ObjectName, profileIds: readonly string[]): Promise<boolean>;
  /** Makes positions of other profiles this one's, nowhere; answers with their entities. Stamps stay, for rows bear them. */
  takeOverPositions(session: S, table: ObjectName, profileId: string, former: readonly string[]): Promise<string[]>;
  /** Makes the entity's first position; false when it has one, be it another profile's. Later stamps are above `stamp`. */
  insertPosition(
    session: S,
    table: ObjectName,
    profileId: string,
    entity: string,
    to: Batch['to'],
    stamp: number,
  ): Promise<boolean>;
  /** Sets the position and forgets snapshots begun; false when another page stands there. Later stamps are above `stamp`, too. */
  replacePosition(
    session: S,
    table: ObjectName,
    profileId: string,
    entity: string,
    expected: string,
    to: Batch['to'],
    stamp: number,
  ): Promise<boolean>;
  /** False when this profile has none for the entity. */
  removePosition(session: S, table: ObjectName, profileId: string, entity: string): Promise<boolean>;
  /** All positions. The retry table is named too, so that the statement fails when either of the two is gone. */
  readPositions(session: S, table: ObjectName, retry: ObjectName): Promise<Position[]>;
}

/** On the retry table, which holds retries waiting and failed records. Ids are kept in lower case; times are ms since 1970 UTC. */
export interface RetryStatements<S> {
  /** Adds entries of ids that have none. */
  insertRetries(session: S, table: ObjectName, entries: readonly StoredRetry[]): Promise<void>;
  /** Writes what a further refusal changed of entries that stand. A failed record that is tried again keeps the line it has. */
  updateRetries(session: S, table: ObjectName, entries: readonly StoredRetry[]): Promise<void>;
  /** Removes whatever waits or has failed under these ids. */
  deleteRetries(session: S, table: ObjectName, entity: string, ids: readonly string[]): Promise<RemovedRetries>;
  /** Removes whatever waits or has failed of these entities. */
  deleteRetriesOf(session: S, table: ObjectName, entities: readonly string[]): Promise<void>;
  /** Removes what was refused before `stamp` (ms). */
  deleteOlderRetries(session: S, table: ObjectName, entity: string, stamp: number): Promise<RemovedRetries>;
  /** What stands under these ids, by id. */
  readRetries(
    session: S,
    table: ObjectName,
    entity: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, StoredRetry>>;
  /** Retries due at `now`, oldest first. */
  readDueRetries(
    session: S,
    table: ObjectName,
    now: number,
    limit: number,
    except: readonly string[],
  ): Promise<RetryEntry[]>;
  readNextDue(session: S, table: ObjectName, except: readonly string[]): Promise<number | null>;
  /** Failed records not marked as logged; those of one settlement stand together (they failed at one moment), the oldest first. */
  readUnloggedFailures(session: S, table: ObjectName, limit: number): Promise<RetryEntry[]>;
  /** Those of the blobs that an entry names. */
  readOpenBlobs(session: S, table: ObjectName, blobs: readonly string[]): Promise<string[]>;
  /** Makes the failed records of an entity due at `now`, as if never tried again; they stay failed. Answers how many. */
  reviveFailed(session: S, table: ObjectName, entity: string, now: number): Promise<number>;
  updateLogged(session: S, table: ObjectName, settlementIds: readonly string[]): Promise<void>;
  /** Those of the ids that have an entry. */
  readRefusedIds(session: S, table: ObjectName, entity: string, ids: readonly string[]): Promise<string[]>;
}

export interface Upserted {
  /** Rows that stood before. */
  readonly present: number;
  /** Of these, rows with a higher versionnumber than the one that replaced them. */
  readonly regressed: number;
}

/** Rows to write into an entity's table. */
export interface Upsert extends Pick<Batch, 'columns' | 'statementRows' | 'onStaged'> {
  readonly rows: readonly (readonly Cell[])[];
  /** Ms since 1970 UTC: one for all rows, or each its own. */
  readonly stamp: number | readonly number[];
  /** What becomes of a row that says already what it is to say: it keeps its time of writing, or gets the new one. */
  readonly same: 'keep' | 'touch';
  /** None of the rows is likely to stand: a guess from the batch before. One that does stand is refused. */
  readonly likelyNew: boolean;
}

/** Where removed rows are written down. */
export interface DeletionLog {
  readonly table: ObjectName;
  readonly entity: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** The entity's table keeps versions. */
  readonly hasVersion: boolean;
}

/** On an entity's table. All but a snapshot's end probe its key and never read the table as a whole. */
export interface RowStatements<S> {
  upsertRows(session: S, table: ObjectName, upsert: Upsert): Promise<Upserted>;
  /** Removes the rows of these ids; ids that are no UUID name no row. Answers how many stood. */
  deleteRows(session: S, table: ObjectName, ids: readonly string[], log: DeletionLog | null): Promise<number>;
  /**
   * Removes rows that nothing has written since `stamp` (ms), but for the old copies of what has been refused since; a row without a
   * stamp is older than any. Reads the whole table.
   */
  deleteOlderRows(
    session: S,
    table: ObjectName,
    stamp: number,
    refused: { readonly retry: ObjectName; readonly entity: string },
    log: DeletionLog | null,
  ): Promise<number>;
  /** Which of these ids have a row, in lower case. */
  standingRows(session: S, table: ObjectName, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** The newest stamp of the table in ms, 0 when it has none. Reads the whole table. */
  newestStamp(session: S, table: ObjectName): Promise<number>;
  readHeldRows(session: S, table: ObjectName, columns: readonly Column[], which: RowChoice): Promise<HeldRow[]>;
}

/** An object of a profile beside its entities' own, and the statements that make it. */
export interface OwnObject {
  readonly object: ObjectName;
  readonly kind: 'table' | 'type' | 'procedure';
  readonly statements: readonly string[];
}

/** Tables and what belongs to them. */
export interface DefinitionStatements<S> extends Ddl {
  /** Two workers that define the same table at once would fail with each other's names; the second waits, until the transaction ends. */
  lockDefinition(session: S, table: ObjectName): Promise<void>;
  schemaStands(session: S, schema: string): Promise<boolean>;
  createSchema(schema: string): string;
  /** The names, among those given, under which something of that kind stands in the schema, or what takes its place. */
  standingNames(session: S, kind: OwnObject['kind'], schema: string, names: readonly string[]): Promise<string[]>;
  /** Null when nothing stands under that name. */
  standingTable(session: S, table: ObjectName): Promise<StandingTable | null>;
  hasColumn(session: S, table: ObjectName, column: string): Promise<boolean>;
  /** Whether the table bears the key that Freshet gives its tables. */
  isOurs(session: S, table: ObjectName): Promise<boolean>;
  ownObjects(names: TableNames, deleteLog: boolean): OwnObject[];
  /** The objects of one entity, in the order of their making; the first is its table. */
  entityObjects(names: TableNames, entity: string, columns: readonly Column[]): OwnObject[];
  drop(object: OwnObject): string;
  empty(table: ObjectName): string;
  /** A driver's error as a registered one. */
  classify(error: unknown): FreshetError;
  /** True for the refusal to change a column that something else depends on. */
  isColumnInUse(error: FreshetError): boolean;
  /** Makes the metadata tables say what the definition says about this entity; rows that say it already stay as they are. */
  syncMetadata(session: S, names: TableNames, entity: EntityMetadata): Promise<void>;
  /** Whether the table of attributes tells of this entity. */
  tellsOf(session: S, table: ObjectName, entity: string): Promise<boolean>;
  /** Of these columns, those that stand, each as wide as it is there: a column is never narrowed when its attribute is. */
  columnsAsHeld(columns: readonly Column[], standing: StandingTable): Column[];
  /** `own` and `entities`: the tables that are the profile's, whether they stand or not. */
  examine(
    session: S,
    schema: string,
    own: readonly ObjectName[],
    entities: readonly ObjectName[],
  ): Promise<Examination>;
}
