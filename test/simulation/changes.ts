import { between, pick } from '../../local/dataverse/model/random.ts';
import { readDefinition } from '../../local/dataverse/model/read-definition.ts';
import type { Cell, Values } from '../../local/dataverse/model/row.ts';
import type { Transaction } from '../../local/dataverse/model/transaction.ts';
import { DEFINITIONS } from '../support/world-entities.ts';
import { type Scene, strikes } from './scene.ts';

/** Entities whose rows people write; the links between them are rows of an entity, too. */
const WRITTEN = ['parent', 'child'] as const;
type Written = (typeof WRITTEN)[number];
export const EXPORTED = ['parent', 'child', 'parentchild'] as const;

const RELATIONSHIP = 'parent_child';
/** Few ids, so that changes of the same row are common. */
const IDS = 6;
const SHARE_OF_LINKS = 0.15;
const OPEN_MAX = 3;
/** One such row makes a page too large for the control database. */
const LARGE_UNITS = 70_000;
const EXTRA_ATTRIBUTES_MAX = 3;
const NAME_MAX_UNITS = 400;

interface Attribute {
  readonly LogicalName: string;
  readonly MaxLength?: number;
}

/** What people do in the organization: its rows, links, open transactions and definitions. */
export class Changes {
  readonly #scene: Scene;
  readonly #definitions = structuredClone(DEFINITIONS) as { LogicalName: string; Attributes: Attribute[] }[];
  readonly #open: Transaction[] = [];
  #drawn = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    for (let index = 0; index < IDS; index++) for (const entity of WRITTEN) this.#write(entity, idOf(entity, index));
  }

  /** One change. */
  happen(): void {
    this.#draw()();
  }

  #draw(): () => void {
    const { random, swarm } = this.#scene;
    if (strikes(this.#scene, swarm.redefined)) return () => this.#redefine(pick(random, WRITTEN));
    if (this.#open.length > 0 && random() < 0.2) return () => this.#commit();
    if (random() < SHARE_OF_LINKS) return () => this.#link();
    const entity = pick(random, WRITTEN);
    const id = idOf(entity, between(random, 0, IDS - 1));
    const drawn = random();
    if (!this.#organization.find(entity, id))
      return drawn < 0.2 ? () => this.#restore(entity, id) : () => this.#write(entity, id);
    if (strikes(this.#scene, swarm.hidden) && this.#open.length < OPEN_MAX) return () => this.#hide(entity, id);
    if (drawn < 0.2) return () => this.#delete(entity, id);
    return drawn < 0.35 ? () => this.#recreate(entity, id) : () => this.#write(entity, id);
  }

  commitAll(): void {
    for (const transaction of this.#open.splice(0)) transaction.commit();
  }

  get #organization() {
    return this.#scene.world.organization;
  }

  #write(entity: Written, id: string): void {
    const values = this.#values(entity);
    this.#note(`write ${entity} ${id} ${String(values.name).slice(0, 20)}`, () =>
      this.#organization.upsert(entity, id, values),
    );
  }

  #delete(entity: Written, id: string): void {
    this.#note(`delete ${entity} ${id}`, () => this.#organization.delete(entity, id));
  }

  #restore(entity: Written, id: string): void {
    this.#note(`restore ${entity} ${id}`, () => this.#organization.restore(entity, id));
  }

  #recreate(entity: Written, id: string): void {
    const values = this.#values(entity);
    this.#note(`delete and create ${entity} ${id}`, () => {
      this.#organization.delete(entity, id);
      this.#organization.create(entity, values, { id });
    });
  }

  #commit(): void {
    this.#note('a transaction commits', () => this.#open.shift()?.commit());
  }

  /** In a transaction that stays open: nobody sees the change, nor any later one, until it commits. */
  #hide(entity: Written, id: string): void {
    const values = this.#values(entity);
    this.#note(`hide a change of ${entity} ${id}`, () => {
      const transaction = this.#organization.begin();
      this.#open.push(transaction);
      if (this.#scene.random() < 0.3) transaction.delete(entity, id);
      else transaction.update(entity, id, values);
    });
  }

  #link(): void {
    const { random } = this.#scene;
    const parent = idOf('parent', between(random, 0, IDS - 1));
    const related = [{ entity: 'child', id: idOf('child', between(random, 0, IDS - 1)) }];
    if (random() < 0.6)
      this.#note(`link ${parent}`, () => this.#organization.associate(RELATIONSHIP, 'parent', parent, related));
    else this.#note(`unlink ${parent}`, () => this.#organization.disassociate(RELATIONSHIP, 'parent', parent, related));
  }

  /** A new attribute, or longer names; then a row that uses it, for a definition alone notifies nobody. */
  #redefine(entity: Written): void {
    const definition = this.#definitions.find(({ LogicalName }) => LogicalName === entity);
    if (!definition) return;
    const name = definition.Attributes.find(({ LogicalName }) => LogicalName === 'name');
    const extras = definition.Attributes.filter(({ LogicalName }) => LogicalName.startsWith('extra'));
    let computed: string | null = null;
    if (extras.length < EXTRA_ATTRIBUTES_MAX && this.#scene.random() < 0.5) {
      const attribute = `extra${extras.length}`;
      this.#scene.trace.note(`${entity} gets ${attribute}`);
      definition.Attributes.push(extraAttribute(attribute));
      if (this.#scene.random() < 0.5) computed = attribute;
    } else if (name) {
      const MaxLength = Math.min(NAME_MAX_UNITS, (name.MaxLength ?? 0) * 2);
      this.#scene.trace.note(`names of ${entity} get ${MaxLength} characters`);
      definition.Attributes.splice(definition.Attributes.indexOf(name), 1, { ...name, MaxLength });
    }
    this.#organization.define(readDefinition(definition));
    if (computed) this.#compute(entity, computed);
    const rows = [...this.#organization.table(entity).rows.keys()];
    if (rows.length > 0) this.#write(entity, pick(this.#scene.random, rows));
  }

  /** As a formula column does: all rows have a value at once, and change tracking lists none of them. */
  #compute(entity: Written, attribute: string): void {
    const table = this.#organization.table(entity);
    const slot = table.slotOf(attribute);
    for (const { self, cells } of table.rows.values()) (cells as Cell[])[slot] = `computed ${self.id.slice(-4)}`;
  }

  /** Some names the destinations refuse while there are faults; some fill their column. */
  #values(entity: Written): Values {
    const { random, swarm } = this.#scene;
    this.#drawn++;
    const attributes = this.#definitions.find(({ LogicalName }) => LogicalName === entity)?.Attributes ?? [];
    const length = attributes.find(({ LogicalName }) => LogicalName === 'name')?.MaxLength ?? 0;
    const name = `${strikes(this.#scene, swarm.refused) ? 'bad' : 'good'} ${this.#drawn}`;
    const extras = attributes.filter(({ LogicalName }) => LogicalName.startsWith('extra'));
    return {
      name: random() < 0.2 ? name.padEnd(length, '.') : name,
      ...Object.fromEntries(extras.map(({ LogicalName }) => [LogicalName, `${LogicalName} ${this.#drawn}`])),
      ...(entity === 'parent' ? this.#parentValues() : this.#childValues()),
    };
  }

  #parentValues(): Values {
    const notes = this.#scene.random() < this.#scene.swarm.large ? 'long '.repeat(LARGE_UNITS / 5) : null;
    return { amount: this.#drawn, notes };
  }

  #childValues(): Values {
    const parent = idOf('parent', between(this.#scene.random, 0, IDS - 1));
    const linked = this.#scene.random() < 0.5 && this.#organization.find('parent', parent) !== undefined;
    return { parentid: linked ? { entity: 'parent', id: parent } : null };
  }

  /** What the organization refuses (a row locked by an open transaction, a link that exists) does not happen. */
  #note(event: string, change: () => unknown): void {
    try {
      change();
      this.#scene.trace.note(event);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'DataverseError') throw error;
    }
  }
}

function idOf(entity: Written, index: number): string {
  return `${(entity === 'parent' ? 'a' : 'c').repeat(8)}-0000-4000-8000-00000000000${index}`;
}

function extraAttribute(name: string) {
  return { LogicalName: name, SchemaName: name, AttributeTypeName: 'StringType', MaxLength: 30 };
}
