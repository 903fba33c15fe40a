import { pick } from '../../local/dataverse/model/random.ts';
import { readDefinition } from '../../local/dataverse/model/read-definition.ts';
import type { Cell, Values } from '../../local/dataverse/model/row.ts';
import { CHILD, NOTE, PARENT } from '../support/world-entities.ts';
import type { Scene } from './scene.ts';

/** Entities whose rows people write; the links between them are rows of an entity, too. */
export const WRITTEN = ['parent', 'child', 'note'] as const;
export type Written = (typeof WRITTEN)[number];
export const LINKS = 'parentchild';
export const EXPORTED = [...WRITTEN, LINKS] as const;

/** Attributes that come and go, and come back as another type. */
const EXTRAS = ['extra0', 'extra1', 'extra2'] as const;
const EXTRA_TYPES = ['StringType', 'IntegerType'] as const;
const NAME_MAX_UNITS = 400;

/** Changes without a version of its row. */
export const SCORE = 'score';
const SCORE_ATTRIBUTE = { LogicalName: SCORE, SchemaName: 'Score', AttributeTypeName: 'IntegerType', SourceType: 3 };
const PARENT_NAME_ATTRIBUTE = {
  LogicalName: 'parentidname',
  SchemaName: 'ParentIdName',
  AttributeTypeName: 'StringType',
  AttributeOf: 'parentid',
  // Shorter than names may get: then their columns are outgrown.
  MaxLength: 100,
};

interface Attribute {
  readonly LogicalName: string;
  readonly AttributeTypeName: string;
  readonly MaxLength?: number;
}

interface Definition {
  readonly LogicalName: string;
  readonly Attributes: readonly Attribute[];
}

/** How the organization's entities are defined, and how that changes. */
export class Definitions {
  readonly #scene: Scene;
  readonly #known: Record<Written, Definition>;

  constructor(scene: Scene) {
    const { derived, untracked } = scene.swarm;
    this.#scene = scene;
    this.#known = {
      parent: derived ? { ...PARENT, Attributes: [...PARENT.Attributes, SCORE_ATTRIBUTE] } : PARENT,
      child: derived ? { ...CHILD, Attributes: [...CHILD.Attributes, PARENT_NAME_ATTRIBUTE] } : CHILD,
      note: NOTE,
    };
    for (const entity of WRITTEN) this.#define(entity, this.#known[entity].Attributes);
    if (untracked) this.#track(false);
  }

  /** False while the entity is deleted. */
  isThere(entity: Written): boolean {
    return this.#organization.findTable(entity) !== undefined;
  }

  nameUnits(entity: Written): number {
    return this.#attribute(entity, 'name')?.MaxLength ?? 0;
  }

  /** Values of the attributes that come and go, told from others by their number. */
  extraValues(entity: Written, number: number): Values {
    const attributes = EXTRAS.flatMap((name) => this.#attribute(entity, name) ?? []);
    return Object.fromEntries(attributes.map((one) => [one.LogicalName, sampleOf(one, `value ${number}`, number)]));
  }

  /** One change. Answers with the entity whose rows may be written under it; a definition alone notifies nobody. */
  change(): Written | null {
    const { random, swarm } = this.#scene;
    const drawn = random();
    if (drawn < 0.15) return this.comeOrGo('note');
    if (drawn < 0.25 && swarm.untracked) return this.#track(random() < 0.5);
    const entity = pick(random, WRITTEN);
    if (!this.isThere(entity)) return null;
    if (drawn < 0.5) this.#lengthenNames(entity);
    else this.#changeExtra(entity, pick(random, EXTRAS));
    return entity;
  }

  /** An entity is deleted, or made anew; then tokens of the old one mean nothing, and somebody writes a row. */
  comeOrGo(entity: Written): Written | null {
    const organization = this.#organization;
    if (!this.isThere(entity)) {
      this.#scene.trace.note(`${entity} is made anew`);
      this.#define(entity, this.#known[entity].Attributes);
      organization.expireTokens(entity);
      return entity;
    }
    this.#scene.trace.note(`${entity} is deleted`);
    for (const id of [...organization.table(entity).rows.keys()]) organization.delete(entity, id);
    organization.undefine(entity);
    return null;
  }

  get #organization() {
    return this.#scene.world.organization;
  }

  #attribute(entity: Written, name: string): Attribute | undefined {
    return this.#known[entity].Attributes.find(({ LogicalName }) => LogicalName === name);
  }

  #define(entity: Written, Attributes: readonly Attribute[]): void {
    this.#known[entity] = { ...this.#known[entity], Attributes };
    this.#organization.define(readDefinition(this.#known[entity]));
  }

  #lengthenNames(entity: Written): void {
    const MaxLength = Math.min(NAME_MAX_UNITS, this.nameUnits(entity) * 2);
    this.#scene.trace.note(`names of ${entity} get ${MaxLength} characters`);
    const longer = (one: Attribute) => (one.LogicalName === 'name' ? { ...one, MaxLength } : one);
    this.#define(entity, this.#known[entity].Attributes.map(longer));
  }

  /** One that is there goes, or is made anew at once, perhaps with another type: the old values are gone all the same. */
  #changeExtra(entity: Written, name: string): void {
    const { random, trace } = this.#scene;
    const held = this.#attribute(entity, name);
    const others = this.#known[entity].Attributes.filter((one) => one !== held);
    if (held) this.#define(entity, others);
    if (held && random() < 0.5) {
      trace.note(`${entity} loses ${name}`);
      return;
    }
    const attribute = { ...extraAttribute(name, pick(random, EXTRA_TYPES)), MetadataId: this.#scene.world.newId() };
    trace.note(`${entity} gets ${name}: ${attribute.AttributeTypeName}${held ? ', made anew' : ''}`);
    this.#define(entity, [...others, attribute]);
    if (random() < 0.5) this.#fill(entity, attribute);
  }

  /** All rows have a value at once, and change tracking lists none of them. */
  #fill(entity: Written, attribute: Attribute): void {
    const table = this.#organization.table(entity);
    const slot = table.slotOf(attribute.LogicalName);
    for (const { self, cells } of table.rows.values())
      (cells as Cell[])[slot] = sampleOf(attribute, `filled ${self.id.slice(-4)}`, Number(self.id.slice(-1)));
  }

  #track(changeTrackingEnabled: boolean): null {
    this.#scene.trace.note(`changes of ${LINKS} are ${changeTrackingEnabled ? '' : 'not '}tracked`);
    this.#organization.define({ ...this.#organization.table(LINKS).definition, changeTrackingEnabled });
    return null;
  }
}

function extraAttribute(LogicalName: string, AttributeTypeName: string): Attribute {
  const attribute = { LogicalName, SchemaName: LogicalName, AttributeTypeName };
  return AttributeTypeName === 'StringType' ? { ...attribute, MaxLength: 30 } : attribute;
}

function sampleOf({ AttributeTypeName }: Attribute, text: string, number: number): string | number {
  return AttributeTypeName === 'StringType' ? text : number;
}
