import { type AttributeDefinition, type EntityDefinition, isLookup } from '../model/definitions.ts';
import type { Organization } from '../model/organization.ts';
import { between, pick, type Random } from '../model/random.ts';
import type { Cell, Reference, Values } from '../model/row.ts';
import type { Table } from '../model/table.ts';
import { isInternal } from '../registration/messages.ts';
import { drawPersona, drawValue, type Persona } from './attribute-values.ts';

/** How many columns of a wide table a row fills, beside those that it always has. */
const FILLED_COLUMNS = 30;
/** Always there: what people look at. */
const USUAL =
  /^(name|subject|firstname|lastname|emailaddress1|telephone1|address1_(line1|city|country|postalcode)|revenue|creditlimit|estimatedvalue|fre_.*)$/;
/** Set by the service, by the rules of the model, or not to be played with. */
const LEFT_ALONE = new Set([
  'versionnumber',
  'statecode',
  'statuscode',
  'exchangerate',
  'createdon',
  'modifiedon',
  'activitytypecode',
  'fullname',
  'masterid',
  'slaid',
  'timezoneruleversionnumber',
  'utcconversiontimezonecode',
  'importsequencenumber',
]);
const PICK_TRIES = 8;

interface Pool {
  ids: string[];
  /** Rows of the table when the pool was made: it is made anew when that has changed much. */
  rows: number;
}

/** Draws rows and changes of rows for any table, from one random source. */
export class Sampler {
  readonly random: Random;
  private readonly organization: Organization;
  private readonly pools = new Map<string, Pool>();

  constructor(organization: Organization, random: Random) {
    this.organization = organization;
    this.random = random;
  }

  /** The values of a new row. */
  row(entity: string): Values {
    const table = this.organization.table(entity);
    const persona = drawPersona(this.random);
    const values: Record<string, Cell | readonly Reference[]> = {};
    for (const { attribute, share } of drawnAttributes(table)) {
      if (share < 1 && this.random() >= share) continue;
      const value = this.value(table, attribute, persona);
      if (value !== null) values[attribute.logicalName] = value;
    }
    return values;
  }

  /** One to four new values for a row; now and then an emptied one, or another state. */
  changes(entity: string): Values {
    const table = this.organization.table(entity);
    const persona = drawPersona(this.random);
    const writable = drawnAttributes(table)
      .map(({ attribute }) => attribute)
      .filter((one) => one.isValidForUpdate && one.type !== 'PartyListType');
    const values: Record<string, Cell | readonly Reference[]> = {};
    for (let count = between(this.random, 1, 4); count > 0 && writable.length > 0; count--) {
      const attribute = pick(this.random, writable);
      const isEmptied = attribute.requiredLevel === 'None' && this.random() < 0.1;
      const value = isEmptied ? null : this.value(table, attribute, persona);
      if (value !== null || isEmptied) values[attribute.logicalName] = value;
    }
    const states = table.attribute('statecode')?.options ?? [];
    if (states.length > 0 && this.random() < 0.05) values.statecode = pick(this.random, states).value;
    return values;
  }

  /** A row that exists now; undefined when a table has none, or hardly any. */
  anyRow(entity: string): Reference | undefined {
    const table = this.organization.findTable(entity);
    if (!table || table.rows.size === 0) return undefined;
    const pool = this.poolOf(table);
    for (let tries = 0; tries < PICK_TRIES; tries++) {
      const row = table.rows.get(pick(this.random, pool.ids));
      if (row) return row.self;
    }
    return undefined;
  }

  private value(table: Table, attribute: AttributeDefinition, persona: Persona): Cell | readonly Reference[] {
    if (attribute.type === 'PartyListType') return this.parties(attribute);
    if (!isLookup(attribute)) return drawValue(attribute, persona, this.random, this.organization.nowSeconds);
    const targets = (attribute.targets ?? []).filter(
      (target) => (this.organization.findTable(target)?.rows.size ?? 0) > 0,
    );
    if (targets.length === 0 || table.definition.isIntersect) return null;
    return this.anyRow(pick(this.random, targets)) ?? null;
  }

  private parties({ logicalName, targets = [] }: AttributeDefinition): readonly Reference[] {
    const from = logicalName === 'from' ? ['systemuser'] : targets;
    const count = logicalName === 'from' ? 1 : between(this.random, 1, 3);
    const members = Array.from({ length: count }, () => this.anyRow(pick(this.random, from))).filter(
      (one) => one !== undefined,
    );
    return [...new Set(members)];
  }

  private poolOf(table: Table): Pool {
    const { logicalName } = table.definition;
    const known = this.pools.get(logicalName);
    const { size } = table.rows;
    if (known && Math.abs(size - known.rows) <= known.rows * 0.1) return known;
    const pool = { ids: [...table.rows.keys()], rows: size };
    this.pools.set(logicalName, pool);
    return pool;
  }
}

/** An attribute that rows get values for. */
interface Drawn {
  readonly attribute: AttributeDefinition;
  /** The share of rows that have it. */
  readonly share: number;
}

const drawnByDefinition = new WeakMap<EntityDefinition, readonly Drawn[]>();

/** What callers may give: no keys, nothing that is derived or that the service keeps itself. */
function drawnAttributes({ definition }: Table): readonly Drawn[] {
  const known = drawnByDefinition.get(definition);
  if (known) return known;
  const writable = definition.attributes.filter(
    ({ logicalName, isValidForCreate, isValidForUpdate, attributeOf, calculationOf }) =>
      logicalName !== definition.primaryIdAttribute &&
      (isValidForCreate || isValidForUpdate) &&
      attributeOf === null &&
      calculationOf === undefined &&
      !LEFT_ALONE.has(logicalName),
  );
  const share = Math.min(0.9, FILLED_COLUMNS / writable.length);
  const drawn = writable.map((attribute) => {
    const isUsual = USUAL.test(attribute.logicalName) || attribute.requiredLevel !== 'None';
    return { attribute, share: isUsual ? 1 : share };
  });
  drawnByDefinition.set(definition, drawn);
  return drawn;
}

/** Tables whose rows are drawn: not those about the organization itself, and none that others are written through. */
export function sampledEntities(organization: Organization): string[] {
  const fixed = new Set(['businessunit', 'transactioncurrency', 'systemuser', 'activityparty']);
  return organization
    .tables()
    .map(({ definition }) => definition)
    .filter(({ logicalName, isIntersect }) => !isInternal(logicalName) && !fixed.has(logicalName) && !isIntersect)
    .map(({ logicalName }) => logicalName);
}
