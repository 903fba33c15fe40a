import { coerce } from './coerce.ts';
import { type AttributeDefinition, isChoice, isLookup } from './definitions.ts';
import { invalidValue, unknownProperty } from './errors.ts';
import { decimalText, exactCell } from './numbers.ts';
import { type Cell, isReference, type Reference, type Row, type Values } from './row.ts';
import type { Table } from './table.ts';

/** What the rows of a table take from their organization. */
export interface Surroundings {
  readonly caller: Reference;
  readonly businessUnit: Reference;
  readonly baseCurrency: Reference;
  /** Whole seconds since 1970. */
  readonly nowSeconds: number;
  /** The one object for a reference, and the proof that the row it names exists. */
  resolve(reference: Reference): Reference;
  exchangeRate(currency: Reference): number;
}

export interface Written {
  readonly cells: Cell[];
  /** What the change set: what was asked for and what followed from it. */
  readonly changed: ReadonlySet<string>;
}

const MONEY_BASE_SCALE = 4;
/** The service keeps these itself. */
const KEPT_BY_SERVICE = new Set([
  'versionnumber',
  'createdon',
  'createdby',
  'modifiedon',
  'modifiedby',
  'owninguser',
  'owningteam',
  'owningbusinessunit',
]);

/** Makes the cells of new and changed rows of one table: checks, defaults, and the columns that the service keeps itself. */
export class RowWriter {
  private readonly table: Table;
  private readonly defaults: readonly (readonly [number, Cell])[];
  private readonly moneyBases: readonly (readonly [AttributeDefinition, AttributeDefinition])[];

  constructor(table: Table) {
    this.table = table;
    const { attributes } = table.definition;
    this.defaults = attributes.flatMap((attribute) => {
      const value = defaultOf(attribute, table.definition.logicalName);
      return value === null ? [] : [[table.slotOf(attribute.logicalName), value] as const];
    });
    this.moneyBases = attributes.flatMap((base) => {
      const source = base.calculationOf === undefined ? undefined : table.attribute(base.calculationOf);
      return source ? [[source, base] as const] : [];
    });
  }

  create(values: Values, surroundings: Surroundings): Written {
    const cells: Cell[] = [];
    const changed = new Set<string>();
    for (const [slot, value] of this.defaults) this.put(cells, slot, value);
    const write = (name: string, value: Cell) => this.write(cells, changed, name, value);
    this.take(values, write, changed, surroundings);
    this.setOwner(values.ownerid === undefined ? surroundings.caller : undefined, cells, write, surroundings);
    const { nowSeconds, caller } = surroundings;
    const overridden = this.get(cells, 'overriddencreatedon');
    write('createdon', overridden ?? nowSeconds);
    write('createdby', caller);
    this.setModified(write, surroundings);
    this.follow(cells, changed, write, surroundings);
    for (const [name, slot] of this.table.slotNames) if ((cells[slot] ?? null) !== null) changed.add(name);
    changed.add(this.table.definition.primaryIdAttribute);
    return { cells: trimmed(cells), changed };
  }

  update(row: Row, values: Values, surroundings: Surroundings): Written {
    const cells = [...row.cells];
    const changed = new Set<string>();
    const write = (name: string, value: Cell) => this.write(cells, changed, name, value);
    this.take(values, write, changed, surroundings);
    if (values.ownerid) this.setOwner(undefined, cells, write, surroundings);
    this.setModified(write, surroundings);
    this.follow(cells, changed, write, surroundings);
    return { cells: trimmed(cells), changed };
  }

  /** The row with values that the organization computes by itself: formulas and rollups. */
  withComputed(row: Row, values: Values): Cell[] {
    const cells = [...row.cells];
    const { logicalName } = this.table.definition;
    for (const [name, value] of Object.entries(values)) {
      const attribute = this.table.attribute(name);
      if (!attribute?.sourceType) throw unknownProperty(name, logicalName);
      this.put(cells, this.table.slotOf(name), value === null ? null : coerce(logicalName, attribute, value));
    }
    return trimmed(cells);
  }

  /** The row with one lookup emptied, as removing a link leaves it. */
  withoutLink(row: Row, attribute: string): Cell[] {
    const cells = [...row.cells];
    const slot = this.table.slotNames.get(attribute);
    if (slot !== undefined) cells[slot] = null;
    return trimmed(cells);
  }

  private take(
    values: Values,
    write: (name: string, value: Cell) => void,
    changed: Set<string>,
    surroundings: Surroundings,
  ): void {
    const { logicalName, primaryIdAttribute } = this.table.definition;
    for (const name in values) {
      const attribute = this.table.attribute(name);
      if (!attribute) throw unknownProperty(name, logicalName);
      if (attribute.type === 'PartyListType') changed.add(name);
      if (name === primaryIdAttribute || isKept(attribute) || attribute.type === 'PartyListType') continue;
      if (this.isDerived(attribute)) continue;
      const cell = coerce(logicalName, attribute, values[name]);
      write(name, isReference(cell) ? this.pointed(attribute, cell, surroundings) : cell);
    }
  }

  /** The name of a lookup or of a choice: it is read from elsewhere. */
  private isDerived({ attributeOf }: AttributeDefinition): boolean {
    const of = attributeOf === null ? undefined : this.table.attribute(attributeOf);
    return of !== undefined && (isLookup(of) || isChoice(of) || of.type === 'BooleanType');
  }

  private pointed(attribute: AttributeDefinition, reference: Reference, surroundings: Surroundings): Reference {
    const { targets, logicalName } = attribute;
    if (targets && !targets.includes(reference.entity) && !targets.includes('activitypointer'))
      throw invalidValue(`The attribute ${logicalName} cannot refer to a row of ${reference.entity}.`);
    return surroundings.resolve(reference);
  }

  private setOwner(
    byDefault: Reference | undefined,
    cells: Cell[],
    write: (name: string, value: Cell) => void,
    surroundings: Surroundings,
  ): void {
    if (!this.table.attribute('ownerid')) return;
    if (byDefault) write('ownerid', byDefault);
    const owner = this.get(cells, 'ownerid');
    const isTeam = isReference(owner) && owner.entity === 'team';
    write('owninguser', isTeam ? null : owner);
    if (isTeam || this.get(cells, 'owningteam') !== null) write('owningteam', isTeam ? owner : null);
    write('owningbusinessunit', surroundings.businessUnit);
  }

  private setModified(write: (name: string, value: Cell) => void, { nowSeconds, caller }: Surroundings): void {
    write('modifiedon', nowSeconds);
    write('modifiedby', caller);
    if (this.table.attribute('modifiedonbehalfby')) write('modifiedonbehalfby', null);
  }

  /** What follows from the values: state or status, full name, base-currency amounts. */
  private follow(
    cells: Cell[],
    changed: ReadonlySet<string>,
    write: (name: string, value: Cell) => void,
    surroundings: Surroundings,
  ): void {
    if (changed.has('statecode') && !changed.has('statuscode')) write('statuscode', this.statusOf(cells));
    if (changed.has('statuscode') && !changed.has('statecode')) write('statecode', this.stateOf(cells));
    if (changed.has('firstname') || changed.has('lastname')) {
      const fullName = [this.get(cells, 'firstname'), this.get(cells, 'lastname')].filter(Boolean).join(' ');
      write('fullname', fullName);
      write('yomifullname', fullName);
    }
    if (this.moneyBases.length > 0) this.setMoneyBases(cells, changed, write, surroundings);
  }

  private setMoneyBases(
    cells: Cell[],
    changed: ReadonlySet<string>,
    write: (name: string, value: Cell) => void,
    surroundings: Surroundings,
  ): void {
    const currencyChanged = changed.has('transactioncurrencyid');
    const stale = this.moneyBases.filter(([source]) => currencyChanged || changed.has(source.logicalName));
    if (stale.length === 0) return;
    const given = this.get(cells, 'transactioncurrencyid');
    const currency = isReference(given) ? given : surroundings.resolve(surroundings.baseCurrency);
    if (!isReference(given)) write('transactioncurrencyid', currency);
    const rate = surroundings.exchangeRate(currency);
    write('exchangerate', rate);
    for (const [source, base] of stale) {
      const amount = this.get(cells, source.logicalName);
      write(base.logicalName, isReference(amount) || typeof amount === 'boolean' ? null : baseAmount(amount, rate));
    }
  }

  private statusOf(cells: readonly Cell[]): Cell {
    const state = this.get(cells, 'statecode');
    const status = this.table.attribute('statuscode')?.options?.find((option) => option.state === state);
    const named = this.table.attribute('statecode')?.options?.find((option) => option.value === state)?.defaultStatus;
    return named ?? status?.value ?? null;
  }

  private stateOf(cells: readonly Cell[]): Cell {
    const status = this.get(cells, 'statuscode');
    const option = this.table.attribute('statuscode')?.options?.find(({ value }) => value === status);
    return option?.state ?? this.get(cells, 'statecode');
  }

  private get(cells: readonly Cell[], name: string): Cell {
    const slot = this.table.slotNames.get(name);
    return slot === undefined ? null : (cells[slot] ?? null);
  }

  private write(cells: Cell[], changed: Set<string>, name: string, value: Cell): void {
    if (!this.table.attribute(name)) return;
    changed.add(name);
    if (value === null && !this.table.slotNames.has(name)) return;
    this.put(cells, this.table.slotOf(name), value);
  }

  private put(cells: Cell[], slot: number, value: Cell): void {
    while (cells.length < slot) cells.push(null);
    cells[slot] = value;
  }
}

/** What callers give for it is not taken. The keys of an intersect are: associating gives them. */
function isKept({ logicalName, type, isValidForCreate, isValidForUpdate }: AttributeDefinition): boolean {
  const isReadOnly = !isValidForCreate && !isValidForUpdate && type !== 'UniqueidentifierType';
  return isReadOnly || KEPT_BY_SERVICE.has(logicalName);
}

function defaultOf(attribute: AttributeDefinition, entity: string): Cell {
  const { type, options, defaultValue, logicalName } = attribute;
  if (type === 'StateType') return options?.[0]?.value ?? 0;
  if (type === 'StatusType') return (options?.find(({ state }) => state === 0) ?? options?.[0])?.value ?? 1;
  if (type === 'BooleanType') return typeof defaultValue === 'boolean' ? defaultValue : null;
  if (logicalName === 'activitytypecode') return entity;
  if (type !== 'PicklistType') return null;
  if (typeof defaultValue === 'number') return defaultValue === -1 ? null : defaultValue;
  // The real tables give their untouched choices the one option that is called so.
  const only = options?.length === 1 ? options[0] : undefined;
  return only?.labels[0]?.text === 'Default Value' ? only.value : null;
}

function baseAmount(amount: number | string | null, rate: number): Cell {
  if (amount === null) return null;
  if (rate === 1) return exactCell(decimalText(amount, MONEY_BASE_SCALE));
  return exactCell(decimalText(Number(amount) / rate, MONEY_BASE_SCALE));
}

/** An array of exactly its length, without empty cells at its end. */
function trimmed(cells: readonly Cell[]): Cell[] {
  let length = cells.length;
  while (length > 0 && (cells[length - 1] ?? null) === null) length--;
  return cells.slice(0, length);
}
