import { pick, type Random } from '../../local/dataverse/model/random.ts';
import type { Values } from '../../local/dataverse/model/row.ts';
import type { Transaction } from '../../local/dataverse/model/transaction.ts';
import { Definitions, SCORE, WRITTEN, type Written } from './definitions.ts';
import { type Scene, strikes } from './scene.ts';

const RELATIONSHIP = 'parent_child';
/** Few ids, so that changes of the same row are common. */
const IDS = 6;
const ID_DIGITS = { parent: 'a', child: 'c', note: 'e' } as const;
const SHARE_OF_LINKS = 0.15;
const SHARE_OF_SCORES = 0.1;
const OPEN_MAX = 3;
/** One such row makes a page too large for the control database. */
const LARGE_UNITS = 70_000;

/** What people do in the organization: its rows, links, open transactions and definitions. */
export class Changes {
  readonly #scene: Scene;
  readonly #definitions: Definitions;
  readonly #open: Transaction[] = [];
  #drawn = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#definitions = new Definitions(scene);
    for (const entity of WRITTEN) for (const id of idsOf(entity)) this.#write(entity, id);
  }

  /** One change. */
  happen(): void {
    this.#draw()();
  }

  #draw(): () => void {
    const { random, swarm } = this.#scene;
    if (strikes(this.#scene, swarm.redefined)) return () => this.#redefine();
    if (this.#open.length > 0 && random() < 0.2) return () => this.#commit();
    if (random() < SHARE_OF_LINKS) return () => this.#link();
    if (swarm.derived && random() < SHARE_OF_SCORES) return () => this.#score();
    const entity = pick(random, WRITTEN);
    const id = anyId(random, entity);
    if (!this.#definitions.isThere(entity)) return () => {};
    const drawn = random();
    if (!this.#organization.find(entity, id))
      return drawn < 0.2 ? () => this.#restore(entity, id) : () => this.#write(entity, id);
    if (entity !== 'note' && this.#open.length < OPEN_MAX && strikes(this.#scene, swarm.hidden))
      return () => this.#hide(entity, id);
    if (drawn < 0.2) return () => this.#delete(entity, id);
    return drawn < 0.35 ? () => this.#recreate(entity, id) : () => this.#write(entity, id);
  }

  /** Nothing stays open or missing. */
  complete(): void {
    for (const transaction of this.#open.splice(0)) transaction.commit();
    if (!this.#definitions.isThere('note')) this.#redefined(this.#definitions.comeOrGo('note'));
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
      // A difference that stands for minutes is no false one then.
      this.#scene.disturbed = true;
    });
  }

  #link(): void {
    const { random } = this.#scene;
    const parent = anyId(random, 'parent');
    const related = [{ entity: 'child', id: anyId(random, 'child') }];
    if (random() < 0.6)
      this.#note(`link ${parent}`, () => this.#organization.associate(RELATIONSHIP, 'parent', parent, related));
    else this.#note(`unlink ${parent}`, () => this.#organization.disassociate(RELATIONSHIP, 'parent', parent, related));
  }

  #redefine(): void {
    this.#redefined(this.#definitions.change());
  }

  /** A row uses a changed definition, for by itself that notifies nobody. */
  #redefined(entity: Written | null): void {
    if (entity === null) return;
    const [...ids] = this.#organization.table(entity).rows.keys();
    this.#write(entity, ids.length > 0 ? pick(this.#scene.random, ids) : anyId(this.#scene.random, entity));
  }

  /** Without a new version, so that no change brings it. */
  #score(): void {
    const id = anyId(this.#scene.random, 'parent');
    this.#note(`another score of ${id}`, () => this.#organization.recompute('parent', id, { [SCORE]: ++this.#drawn }));
  }

  /** Some names the destinations refuse while there are faults; some fill their column. */
  #values(entity: Written): Values {
    const { random, swarm } = this.#scene;
    this.#drawn++;
    const name = `${strikes(this.#scene, swarm.refused) ? 'bad' : 'good'} ${this.#drawn}`;
    return {
      name: random() < 0.2 ? name.padEnd(this.#definitions.nameUnits(entity), '.') : name,
      ...this.#definitions.extraValues(entity, this.#drawn),
      ...(entity === 'parent' ? this.#parentValues() : entity === 'child' ? this.#childValues() : {}),
    };
  }

  #parentValues(): Values {
    const notes = this.#scene.random() < this.#scene.swarm.large ? 'long '.repeat(LARGE_UNITS / 5) : null;
    return { amount: this.#drawn, notes };
  }

  #childValues(): Values {
    const parent = anyId(this.#scene.random, 'parent');
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

/** All that rows of the entity ever have. */
export function idsOf(entity: Written): string[] {
  return Array.from({ length: IDS }, (_, index) => `${ID_DIGITS[entity].repeat(8)}-0000-4000-8000-00000000000${index}`);
}

function anyId(random: Random, entity: Written): string {
  return pick(random, idsOf(entity));
}
