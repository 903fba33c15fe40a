import type { Organization } from '../model/organization.ts';
import { pick, type Random, seededRandom } from '../model/random.ts';
import type { Reference } from '../model/row.ts';
import { Sampler, sampledEntities } from '../sample/sampler.ts';
import { link, linkable } from '../sample/seed.ts';

export type ChangeKind = 'create' | 'update' | 'delete' | 'recreate' | 'associate';

export interface StreamOptions {
  /** Changes per second. */
  readonly rate: number;
  readonly entities?: readonly string[] | undefined;
  /** Weights. */
  readonly mix: Readonly<Record<ChangeKind, number>>;
  readonly seed: number;
  /** Ends by itself after so many. */
  readonly count?: number | undefined;
}

export interface StreamStatus {
  readonly options: StreamOptions | null;
  readonly running: boolean;
  readonly issued: number;
  /** The count was reached. */
  readonly done: boolean;
}

const TICK_MS = 20;
/** After a pause of the process it does not make up for everything at once: readers have to get their answers meanwhile. */
const TICK_MAX_CHANGES = 500;
/** Of a longer pause the rest is left out. */
const MADE_UP_MAX_S = 1;
const TRIES_MAX = 10;

/** A stream of random changes at a steady rate, the same for the same seed. */
export class Stream {
  private readonly organization: Organization;
  private readonly change: (what: () => void) => Promise<void>;
  private readonly now: () => number;
  private options: StreamOptions | null = null;
  private timer: NodeJS.Timeout | null = null;
  private writer: RandomChanges | null = null;
  private issued = 0;
  private since = { at: 0, issued: 0 };

  constructor(organization: Organization, change: (what: () => void) => Promise<void>, now: () => number) {
    this.organization = organization;
    this.change = change;
    this.now = now;
  }

  /** Begins, or goes on after `issued` changes. */
  start(options: StreamOptions, issued = 0): void {
    this.stop();
    this.options = options;
    this.issued = issued;
    this.since = { at: this.now(), issued };
    this.writer = new RandomChanges(this.organization, options, seededRandom(options.seed + issued));
    this.timer = setInterval(() => {
      this.tick().catch((error: unknown) => {
        console.error('dataverse: the stream of changes ended', error);
        this.stop();
      });
    }, TICK_MS);
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  status(): StreamStatus {
    const { options, issued } = this;
    return {
      options,
      issued,
      running: this.timer !== null,
      done: options?.count !== undefined && issued >= options.count,
    };
  }

  private async tick(): Promise<void> {
    const { options, writer } = this;
    if (!options || !writer) return;
    const elapsedMs = this.now() - this.since.at;
    const wanted = Math.floor((elapsedMs * options.rate) / 1000) + this.since.issued - this.issued;
    const left = options.count === undefined ? wanted : options.count - this.issued;
    const count = Math.min(wanted, left, TICK_MAX_CHANGES);
    if (count > 0)
      await this.change(() => {
        for (let at = 0; at < count; at++) writer.next();
        this.issued += count;
      });
    if (wanted > Math.max(TICK_MAX_CHANGES, options.rate * MADE_UP_MAX_S))
      this.since = { at: this.now(), issued: this.issued };
    if (options.count !== undefined && this.issued >= options.count) this.stop();
  }
}

/** One random change after the other. */
export class RandomChanges {
  private readonly organization: Organization;
  private readonly random: Random;
  private readonly sampler: Sampler;
  private readonly mix: StreamOptions['mix'];
  private readonly chosen: readonly string[] | undefined;

  constructor(organization: Organization, options: Pick<StreamOptions, 'mix' | 'entities'>, random: Random) {
    this.organization = organization;
    this.random = random;
    this.sampler = new Sampler(organization, random);
    this.mix = options.mix;
    this.chosen = options.entities;
  }

  /** Makes one change; what the organization refuses (a locked row, a restricted delete) is drawn anew. */
  next(): void {
    for (let tries = 0; tries < TRIES_MAX; tries++)
      try {
        if (this.attempt(this.kind())) return;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'DataverseError') throw error;
      }
  }

  private kind(): ChangeKind {
    const entries = Object.entries(this.mix) as [ChangeKind, number][];
    let at = this.random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [kind, weight] of entries) {
      at -= weight;
      if (at < 0) return kind;
    }
    return 'update';
  }

  private attempt(kind: ChangeKind): boolean {
    if (kind === 'associate') return this.changeLink();
    const entity = pick(this.random, this.chosen ?? sampledEntities(this.organization));
    if (this.organization.table(entity).definition.isIntersect) return this.changeLink();
    if (kind === 'create') {
      this.organization.create(entity, this.sampler.row(entity));
      return true;
    }
    const row = this.sampler.anyRow(entity);
    return row !== undefined && this.changeRow(kind, row);
  }

  private changeRow(kind: ChangeKind, { entity, id }: Reference): boolean {
    if (kind === 'update') this.organization.update(entity, id, this.sampler.changes(entity));
    else this.organization.delete(entity, id);
    if (kind !== 'recreate') return true;
    if (this.random() < 0.5) this.organization.restore(entity, id);
    else this.organization.create(entity, this.sampler.row(entity), { id });
    return true;
  }

  /** Links two rows, or undoes a link. */
  private changeLink(): boolean {
    const relationships = linkable(this.organization).map((name) => this.organization.manyToMany(name));
    const wanted = relationships.filter(({ intersectEntity }) => !this.chosen || this.chosen.includes(intersectEntity));
    const relationship = pick(this.random, wanted.length > 0 ? wanted : relationships);
    if (!relationship) return false;
    const { schemaName, entity1, entity1Attribute, entity2, entity2Attribute, intersectEntity } = relationship;
    const existing = this.random() < 0.3 ? this.sampler.anyRow(intersectEntity) : undefined;
    if (!existing) return link(this.organization, schemaName, this.sampler);
    const table = this.organization.table(intersectEntity);
    const row = this.organization.row(intersectEntity, existing.id);
    const other = { entity: entity2, id: String(table.cell(row, entity2Attribute)) };
    this.organization.disassociate(schemaName, entity1, String(table.cell(row, entity1Attribute)), [other]);
    return true;
  }
}
