import type { AttributeDefinition, EntityDefinition } from './definitions.ts';
import { type Cell, isReference, type Reference, type Row } from './row.ts';
import { SortedKeys } from './sorted-keys.ts';
import { VersionLog } from './version-log.ts';

/** What change tracking keeps of a row that was deleted. */
export interface Deletion {
  readonly version: number;
  readonly id: string;
  /** Seconds since 1970. */
  readonly at: number;
}

/** A deleted row that can still be restored. `group` is the version of the delete that took it along. */
export interface Binned {
  readonly row: Row;
  readonly version: number;
  readonly group: number;
}

/** Everything a table holds; cells make sense only together with the slots. */
export interface TableContents {
  readonly rows: Iterable<Row>;
  readonly deletions: Iterable<Deletion>;
  readonly binned: Iterable<Binned>;
  readonly slots: Iterable<readonly [string, number]>;
  /** Slots ever given, those of removed attributes included: their cells must not appear under another name. */
  readonly slotCount: number;
}

/** Deleted rows of one table that can be restored; older ones are gone for good. */
const BIN_MAX_ROWS = 10_000;
/** How many deletions pass between two looks at the oldest ones. */
const PRUNE_EVERY = 1024;

/** The rows of one entity in memory, findable by id, in the order of ids, in the order of versions, and by what they refer to. */
export class Table {
  definition: EntityDefinition;
  /** Tokens of an older version are refused. */
  tokensSince = 0;
  readonly rows = new Map<string, Row>();
  readonly changes = new VersionLog<Row>((row) => this.rows.get(row.self.id) === row);
  readonly deletions = new VersionLog<Deletion>(() => true);
  keys = new SortedKeys();
  /** The latest deletion of each id. */
  readonly bin = new Map<string, Binned>();
  private readonly slots = new Map<string, number>();
  private slotCount = 0;
  private readonly attributesByName = new Map<string, AttributeDefinition>();
  /** attribute → id referred to → the rows that refer to it; only for attributes whose relationships act on delete. */
  private readonly referrers = new Map<string, Map<string, Set<string>>>();

  constructor(definition: EntityDefinition) {
    this.definition = definition;
    this.redefine(definition);
  }

  /** Takes a changed definition; cells of attributes that are gone are forgotten. */
  redefine(definition: EntityDefinition): void {
    this.definition = definition;
    this.attributesByName.clear();
    for (const attribute of definition.attributes) this.attributesByName.set(attribute.logicalName, attribute);
    for (const name of [...this.slots.keys()]) if (!this.attributesByName.has(name)) this.slots.delete(name);
    for (const name of indexedAttributes(definition)) if (!this.referrers.has(name)) this.indexAttribute(name);
  }

  attribute(name: string): AttributeDefinition | undefined {
    return this.attributesByName.get(name);
  }

  /** A slot is given to an attribute when it first holds a value, so wide tables with few values stay small. */
  slotOf(name: string): number {
    let slot = this.slots.get(name);
    if (slot === undefined) {
      slot = this.slotCount++;
      this.slots.set(name, slot);
    }
    return slot;
  }

  /** Slots given so far: goes up whenever an attribute first holds a value. */
  get slotsGiven(): number {
    return this.slotCount;
  }

  get slotNames(): ReadonlyMap<string, number> {
    return this.slots;
  }

  /** Reads a stored attribute, the key or the version; derived ones are the organization's business. */
  cell(row: Row, name: string): Cell {
    if (name === this.definition.primaryIdAttribute) return row.self.id;
    if (name === 'versionnumber') return row.version;
    const slot = this.slots.get(name);
    return slot === undefined ? null : (row.cells[slot] ?? null);
  }

  put(row: Row): void {
    const { id } = row.self;
    const before = this.rows.get(id);
    this.rows.set(id, row);
    this.changes.add(row);
    if (before) this.changes.supersede();
    else this.keys.add(id);
    this.updateReferrers(id, before, row);
  }

  /** Takes the row away; deletions older than `keepSince` (seconds) are forgotten now and then. */
  remove(binned: Binned, deletion: Deletion, keepSince: number): void {
    const { row } = binned;
    const { id } = row.self;
    this.rows.delete(id);
    this.keys.remove(id);
    this.changes.supersede();
    this.updateReferrers(id, row, undefined);
    this.deletions.add(deletion);
    if (this.deletions.length % PRUNE_EVERY === 0) this.deletions.dropWhile(({ at }) => at < keepSince);
    this.bin.delete(id);
    this.bin.set(id, binned);
    if (this.bin.size > BIN_MAX_ROWS) this.bin.delete(this.bin.keys().next().value as string);
  }

  /** The ids of the rows whose attribute refers to `target`; only for attributes that act on delete. */
  referringTo(attribute: string, target: string): readonly string[] {
    return [...(this.referrers.get(attribute)?.get(target) ?? [])];
  }

  contents(): TableContents {
    return {
      rows: [...this.rows.values()],
      deletions: [...this.deletions.all()],
      binned: [...this.bin.values()],
      slots: [...this.slots],
      slotCount: this.slotCount,
    };
  }

  /** Replaces everything; rows and deletions may come in any order. */
  fill({ rows, deletions, binned, slots, slotCount }: TableContents): void {
    this.slots.clear();
    for (const [name, slot] of slots) this.slots.set(name, slot);
    this.slotCount = slotCount;
    this.rows.clear();
    this.bin.clear();
    for (const row of rows) this.rows.set(row.self.id, row);
    this.keys = SortedKeys.from(this.rows.keys());
    this.changes.fill(this.rows.values());
    this.deletions.fill(deletions);
    for (const one of binned) this.bin.set(one.row.self.id, one);
    for (const name of this.referrers.keys()) this.indexAttribute(name);
  }

  private indexAttribute(name: string): void {
    this.referrers.set(name, new Map());
    for (const row of this.rows.values()) this.addReferrer(name, row.self.id, targetId(this.cell(row, name)));
  }

  private updateReferrers(id: string, before: Row | undefined, after: Row | undefined): void {
    for (const [name, targets] of this.referrers) {
      const old = before && targetId(this.cell(before, name));
      const now = after && targetId(this.cell(after, name));
      if (old === now) continue;
      if (old) {
        const ids = targets.get(old);
        ids?.delete(id);
        if (ids?.size === 0) targets.delete(old);
      }
      this.addReferrer(name, id, now);
    }
  }

  private addReferrer(name: string, id: string, target: string | undefined): void {
    if (!target) return;
    const targets = this.referrers.get(name) as Map<string, Set<string>>;
    const ids = targets.get(target);
    if (ids) ids.add(id);
    else targets.set(target, new Set([id]));
  }
}

/** Rows of an intersect are found by either key, others by the lookups whose relationships act on delete. */
function indexedAttributes({ isIntersect, manyToMany, manyToOne }: EntityDefinition): string[] {
  const keys = isIntersect ? manyToMany.flatMap((one) => [one.entity1Attribute, one.entity2Attribute]) : [];
  const acting = manyToOne.filter(({ onDelete }) => onDelete !== 'NoCascade').map((one) => one.referencingAttribute);
  return [...new Set([...keys, ...acting])];
}

function targetId(cell: Cell): string | undefined {
  if (isReference(cell)) return (cell as Reference).id;
  return typeof cell === 'string' ? cell : undefined;
}
