import { randomUUID } from 'node:crypto';
import { type Cell, type Column, exportColumns } from '../../../shared/dataverse/columns.ts';
import type { Attribute, AttributeType, EntityMetadata } from '../../../shared/dataverse/metadata.ts';
import type {
  Applied,
  Batch,
  DestinationAddress,
  RefusedEntry,
  RetryEntry,
  RetrySettlement,
} from '../../../shared/destination/model.ts';
import type { Destination } from '../../../shared/destination/port.ts';

/** What the suite needs of a database beside the port: to look into it, and to do what people do to it by hand. */
export interface DestinationHarness {
  /** What the server cannot do, and why: rules that need it are skipped by name. */
  readonly lacks?: { readonly oddTypeNames?: string; readonly longNames?: string; readonly scripts?: string };
  /** What its dates can hold. `coarse`: in steps of 1/300 s. */
  readonly dates: { readonly firstYear: number; readonly coarse: boolean };
  open(address?: Partial<DestinationAddress>): Destination;
  /** All rows of an entity's table by id, values as the types of `columns` hold them. */
  rows(entity: EntityMetadata, address?: Partial<DestinationAddress>): Promise<StandingRow[]>;
  deletions(): Promise<{ entity: string; id: string; version: string }[]>;
  /** From now on the database itself refuses rows of `account` whose name is this, and the deletion of rows with this id. */
  forbid(rule: { name?: string; deletionOf?: string }): Promise<void>;
  dropTable(entity: EntityMetadata): Promise<void>;
  dropOwnTables(): Promise<void>;
  close(): Promise<void>;
}

export interface StandingRow {
  readonly id: string;
  readonly createdOn: number;
  readonly modifiedOn: number;
  readonly cells: Readonly<Record<string, Cell>>;
}

export type MakeHarness = () => Promise<DestinationHarness>;

export const ADDRESS: DestinationAddress = { profileId: 'profile-1', schema: 'dbo', prefix: 'crm' };

export function attribute(logicalName: string, type: AttributeType, rest: Partial<Attribute> = {}): Attribute {
  return { logicalName, schemaName: logicalName, metadataId: null, type, ...rest };
}

export function entityOf(logicalName: string, attributes: readonly Attribute[]): EntityMetadata {
  return {
    logicalName,
    schemaName: logicalName,
    displayName: logicalName,
    entitySetName: `${logicalName}s`,
    objectTypeCode: null,
    primaryIdAttribute: `${logicalName}id`,
    primaryNameAttribute: null,
    isIntersect: false,
    isActivity: false,
    changeTracking: true,
    attributes: [attribute(`${logicalName}id`, 'UniqueidentifierType'), ...attributes],
    manyToMany: [],
    manyToOne: [],
    oneToMany: [],
  };
}

/** One attribute of each type that has a column. */
export const ACCOUNT = entityOf('account', [
  attribute('statecode', 'StateType'),
  attribute('donotphone', 'BooleanType'),
  attribute('ownerid', 'OwnerType', { targets: ['systemuser', 'team'] }),
  attribute('revenue', 'MoneyType', { precision: 2 }),
  attribute('exchangerate', 'DecimalType', { precision: 10 }),
  attribute('name', 'StringType', { maxLength: 20 }),
  attribute('description', 'MemoType'),
  attribute('createdon', 'DateTimeType'),
  attribute('numberofemployees', 'IntegerType'),
  attribute('versionnumber', 'BigIntType'),
]);

export const COLUMNS = exportColumns(ACCOUNT);

/** A row of `columns` from values by name; what is not given has no value. */
export function rowOf(
  id: string,
  values: Readonly<Record<string, Cell>> = {},
  columns: readonly Column[] = COLUMNS,
): Cell[] {
  return columns.map(({ name }, k) => (k === 0 ? id : (values[name] ?? null)));
}

/** Ids that sort as their numbers do. */
export function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export type Parts = Partial<Omit<Batch, 'entity' | 'expected' | 'to'>>;

/** One feed as a profile applies it: pages in a chain, a clock that goes on by a second with each. */
export class Chain {
  readonly destination: Destination;
  readonly entity: EntityMetadata;
  page = 'page-0';
  number = 0;
  now = Date.UTC(2026, 0, 1);

  constructor(destination: Destination, entity: EntityMetadata = ACCOUNT) {
    this.destination = destination;
    this.entity = entity;
  }

  /** Tables and a first position. */
  async begin(): Promise<this> {
    await this.destination.prepare({ deleteLog: true });
    await this.destination.shape(this.entity);
    await this.destination.place(this.entity.logicalName, null, { page: this.page, number: this.number });
    return this;
  }

  next(parts: Parts = {}): Batch {
    const { rows = [], deletions = [], refused = [] } = parts;
    this.now += 1000;
    return {
      entity: this.entity.logicalName,
      expected: this.page,
      to: { page: `page-${this.number + 1}`, number: this.number + 1 },
      columns: this.entity === ACCOUNT ? COLUMNS : exportColumns(this.entity),
      rows,
      deletions,
      refused,
      begins: [],
      ends: [],
      deleteLog: false,
      read: rows.length + deletions.length + refused.length,
      now: this.now,
      ...parts,
    };
  }

  async apply(parts: Parts = {}): Promise<Applied> {
    const batch = this.next(parts);
    const applied = await this.destination.apply(batch);
    this.page = batch.to.page;
    this.number = batch.to.number;
    return applied;
  }

  async position() {
    const positions = await this.destination.positions();
    return positions?.find(({ entity }) => entity === this.entity.logicalName);
  }
}

export function refusedEntry(id: string, rest: Partial<RefusedEntry> = {}): RefusedEntry {
  return {
    id,
    deletion: false,
    blob: randomUUID(),
    code: 'RECORD_REFUSED',
    reason: 'a rule forbids it',
    notifiedAt: null,
    dueAt: 1_000,
    ...rest,
  };
}

export function settlementOf(rest: Partial<RetrySettlement>): RetrySettlement {
  return {
    id: randomUUID(),
    entity: 'account',
    write: { columns: COLUMNS, rows: [], entries: [] },
    deletions: [],
    refused: [],
    deleteLog: false,
    now: Date.UTC(2026, 1, 1),
    ...rest,
  };
}

export function writing(entries: readonly RetryEntry[], rows: readonly (readonly Cell[])[]): RetrySettlement['write'] {
  return { columns: COLUMNS, rows: rows.map((row) => [...row]), entries };
}
