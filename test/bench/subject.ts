import { randomUUID } from 'node:crypto';
import type { Page } from '../../shared/control/model.ts';
import type { Cell } from '../../shared/dataverse/columns.ts';
import { NO_COUNTERS } from '../../shared/destination/accounting.ts';
import type { Destination } from '../../shared/destination/port.ts';
import { applyMerge } from '../../shared/export/apply/apply-merge.ts';
import type { ApplyTurn } from '../../shared/export/apply/turn.ts';
import { Upcoming } from '../../shared/export/apply/upcoming.ts';
import { type PageContent, storeContent } from '../../shared/export/pages.ts';
import type { ExportPorts } from '../../shared/export/ports.ts';
import { turnOf } from '../support/apply-turn.ts';
import { ORGANIZATION_ID, type World } from '../support/world.ts';
import type { Kind } from './rows.ts';
import type { Server } from './servers/server.ts';

/** The pages of one transaction, stored as the reader stores them. */
export type Batch = readonly Page[];

/** Applies pages to a real destination, under a prefix of its own, the way `applyFeed` does but without a control database. */
export class Subject {
  readonly table: string;
  readonly retry: string;
  readonly destination: Destination;
  readonly #server: Server;
  readonly #kind: Kind;
  readonly #turn: ApplyTurn;
  #number = 0;

  private constructor(server: Server, kind: Kind, prefix: string, turn: ApplyTurn) {
    const { destination, table, retry } = server.open(kind, { profileId: 'bench', schema: 'dbo', prefix });
    this.destination = destination;
    this.table = table;
    this.retry = retry;
    this.#server = server;
    this.#kind = kind;
    this.#turn = { ...turn, destination: this.destination };
  }

  /** With an empty table, and pages in `world`. */
  static async begin(server: Server, kind: Kind, prefix: string, world: World): Promise<Subject> {
    const profileId = await world.addProfile(`bench-${randomUUID()}`);
    const subject = new Subject(server, kind, prefix, await turnOf(world, profileId));
    const feed = { organizationId: ORGANIZATION_ID, entity: kind.entity.logicalName };
    await world.control.feeds.saveMetadata(feed, SHAPE, kind.entity);
    await subject.destination.prepare({ deleteLog: false });
    await subject.destination.shape(kind.entity);
    await subject.destination.place(kind.entity.logicalName, null, { page: '0', number: 0 });
    return subject;
  }

  /** Applies pages that all lie there when it begins, merge by merge. */
  async apply(pages: readonly Page[]): Promise<void> {
    const chain = this.#chain(pages);
    const entity = this.#kind.entity.logicalName;
    const { organizationId } = this.#turn.profile.settings;
    const turn = { ...this.#turn, ports: withPages(this.#turn.ports, chain) };
    const upcoming = new Upcoming(turn, { organizationId, entity });
    for (;;) {
      const merge = await upcoming.next({ ...START, entity, page: String(this.#number), number: this.#number });
      if (merge === null) return upcoming.end();
      if (typeof merge === 'string') throw new Error(`the chain of the benchmark is ${merge}`);
      const to = merge.pages.at(-1) ?? merge.pages[0];
      const { columns, begins, ends, read } = merge;
      const onStaged = () => upcoming.lookAhead(merge);
      await applyMerge(turn, { ...this.#step(to), columns, begins, ends, read, onStaged }, merge);
    }
  }

  /** Rows that were refused as if by the destination. */
  async refuse(refused: Parameters<Destination['apply']>[0]['refused']): Promise<void> {
    const step = this.#step({ id: String(this.#number + 1), number: this.#number + 1 });
    const base = { ...step, columns: this.#kind.columns, begins: [], ends: [], read: refused.length };
    await this.destination.apply({ ...base, rows: [], deletions: [], refused });
  }

  /** A wrong table is not fast. `rows`: how many; `versions`: the sum of their versions. */
  async verify(rows: number, versions: number): Promise<void> {
    const sums = 'count(*) AS number, CAST(coalesce(sum(versionnumber), 0) AS varchar(40)) AS versions';
    const found = await this.#server.ask(`SELECT ${sums} FROM ${this.table}`);
    if (Number(found.number) !== rows || found.versions !== String(versions))
      throw new Error(`the table holds ${JSON.stringify(found)} instead of ${rows} rows, versions ${versions}`);
  }

  /** The pages as the feed would hold them: after the last one applied, each naming the one before. */
  #chain(pages: readonly Page[]): Page[] {
    return pages.map((page, k) => {
      const number = this.#number + 1 + k;
      return { ...page, id: String(number), previous: String(number - 1), number };
    });
  }

  #step({ id, number }: Pick<Page, 'id' | 'number'>) {
    const expected = String(this.#number);
    this.#number = number;
    return {
      entity: this.#kind.entity.logicalName,
      expected,
      to: { page: id, number },
      deleteLog: false,
      now: Date.now(),
    };
  }
}

const SHAPE = 'bench';

/** Where every position of the benchmark is as good as at its begin. */
const START = { profileId: 'bench', stamp: 0, counters: NO_COUNTERS };

function withPages(ports: ExportPorts, chain: readonly Page[]): ExportPorts {
  const pagesAfter: ExportPorts['control']['feeds']['pagesAfter'] = async (_feed, after, limit) =>
    chain.filter(({ number }) => number > after).slice(0, limit);
  const get: ExportPorts['control']['feeds']['get'] = async () => null;
  const { control } = ports;
  return { ...ports, control: { ...control, feeds: { ...control.feeds, pagesAfter, get } } };
}

/** Stores contents in `world` as pages that follow one another. */
export async function storePages(world: World, contents: readonly PageContent[]): Promise<Page[]> {
  const stored = contents.map(async (content): Promise<Page> => {
    const header = { id: '', previous: '', number: 0, shape: SHAPE, audience: null, snapshotId: null } as const;
    const { body, bytes } = await storeContent(world.ports, content);
    const entries = content.rows.length + content.deletions.length;
    return { ...header, begins: false, ends: false, notifiedAt: null, readAt: 0, entries, bytes, body };
  });
  return Promise.all(stored);
}

/** Rows of a page that holds nothing else. */
export const pageOfRows = (rows: readonly Cell[][]): PageContent => ({ rows, deletions: [] });
