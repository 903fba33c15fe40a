import { randomUUID } from 'node:crypto';
import type { Cell } from '../../shared/dataverse/columns.ts';
import { pageRows } from '../../shared/dataverse/shape.ts';
import { MERGE_MAX_ENTRIES } from '../../shared/export/apply/merge.ts';
import { World } from '../support/world.ts';
import { type Figures, median, round, timed } from './figures.ts';
import type { Part } from './part.ts';
import { batchesOf, type Kind, rowsOf, TWELVE, WIDE } from './rows.ts';
import type { Server } from './servers/server.ts';
import { withServer } from './servers/with-server.ts';
import { type Batch, Subject, storePages } from './subject.ts';

const REPETITIONS = 5;
const ROWS = 100_000;
const NAIVE_ROWS = 5_000;
/** Versions of the rows as they are changed begin here. */
const CHANGED = 1_000_000;
const KINDS = { '': TWELVE, '.wide': WIDE };
const BATCHES = { '': MERGE_MAX_ENTRIES, '.b500': 500 };

/** What applying costs, beside the limit (COPY into a bare table) and the naive way (row by row), in turns on one server. */
export const apply: Part = {
  names: ['apply', 'limit', 'naive'],
  anywhere: true,
  run: (figures) =>
    withServer(async (server) => {
      for (const [wide, kind] of Object.entries(KINDS)) await contestsOf(server, figures, kind, wide);
    }),
};

/** Everything a repetition needs, made before the clock runs. */
interface Prepared {
  readonly kind: Kind;
  readonly size: number;
  readonly world: World;
  /** The rows of a batch, made ready to be loaded. */
  readonly copy: readonly (() => Promise<void>)[];
  /** None where row by row does not take part. */
  readonly naive: readonly (readonly Cell[])[];
  readonly insert: readonly Batch[];
  readonly update: readonly Batch[];
  readonly delete: readonly Batch[];
}

async function contestsOf(server: Server, figures: Figures, kind: Kind, wide: string): Promise<void> {
  // The first contest warms up, and row by row takes part in it alone, for no batch has a part in that.
  let naive: number | null = null;
  for (const [small, size] of Object.entries(BATCHES)) {
    const isFirst = naive === null;
    const rates = await contest(server, figures, await prepare(server, kind, size, isFirst), wide + small, isFirst);
    naive ??= rates['naive.rowByRow'] ?? Number.NaN;
    tell(server, figures, { ...rates, 'naive.rowByRow': naive }, wide + small);
  }
}

/** Rows per second of each contestant. */
async function contest(
  server: Server,
  figures: Figures,
  prepared: Prepared,
  suffix: string,
  warmUp: boolean,
): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  if (warmUp) {
    figures.progress(`apply${suffix}`, 0, REPETITIONS, 'warming up');
    await repeat(server, prepared);
  }
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    figures.progress(`apply${suffix}`, repetition, REPETITIONS);
    for (const [name, time] of Object.entries(await repeat(server, prepared))) {
      times[name] ??= [];
      times[name].push(time);
    }
  }
  const rows = (name: string) => (name === 'naive.rowByRow' ? NAIVE_ROWS : ROWS);
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, rows(name) / (median(all) / 1000)]));
}

function tell({ limits }: Server, figures: Figures, rates: Readonly<Record<string, number>>, suffix: string): void {
  const { 'limit.copy': copy = Number.NaN, 'naive.rowByRow': naive = Number.NaN } = rates;
  for (const [name, rate] of Object.entries(rates)) {
    const ratios = { ratioToCopy: round(rate / copy), ratioToNaive: round(rate / naive) };
    const measured = name.startsWith('apply.') ? ratios : {};
    figures.report(name + suffix, { rowsPerSecond: Math.round(rate), ...measured }, limits[name + suffix]);
  }
}

async function prepare(server: Server, kind: Kind, size: number, withNaive: boolean): Promise<Prepared> {
  const world = new World();
  const ids = Array.from({ length: ROWS }, () => randomUUID());
  const copy: (() => Promise<void>)[] = [];
  const insert: Batch[] = [];
  const update: Batch[] = [];
  for (const [k, some] of [...batchesOf(ids, size)].entries()) {
    const rows = rowsOf(kind, some, 1 + k * size);
    copy.push(server.loader('bare', kind, rows));
    insert.push(await pagesOf(world, kind, rows));
    update.push(await pagesOf(world, kind, rowsOf(kind, some, CHANGED + k * size)));
  }
  const deletions = [...batchesOf(ids, size)].map((some) => storePages(world, [{ rows: [], deletions: some }]));
  const naive = withNaive ? rowsOf(kind, ids.slice(0, NAIVE_ROWS), 1) : [];
  return { kind, size, world, copy, naive, insert, update, delete: await Promise.all(deletions) };
}

/** The rows of one batch, in pages as large as a read of the entity asks for. */
function pagesOf(world: World, kind: Kind, rows: readonly Cell[][]): Promise<Batch> {
  return storePages(
    world,
    [...batchesOf(rows, pageRows(kind.entity))].map((some) => ({ rows: some, deletions: [] })),
  );
}

async function repeat(server: Server, prepared: Prepared): Promise<Record<string, number>> {
  const { kind } = prepared;
  await server.empty();
  const subject = await Subject.begin(server, kind, 'bench', prepared.world);
  await server.createLoaded('bare', kind);
  await server.createKeyed('naive', kind);
  const applyAll = (batches: readonly Batch[]) =>
    timed(async () => {
      // Merges are no larger than this; smaller batches come one at a time.
      if (prepared.size === MERGE_MAX_ENTRIES) return subject.apply(batches.flat());
      for (const pages of batches) await subject.apply(pages);
    });
  const copy = await timed(async () => {
    for (const load of prepared.copy) await load();
  });
  const insert = await applyAll(prepared.insert);
  await subject.verify(ROWS, sumOfVersions(1));
  await server.analyze(subject.table);
  const update = await applyAll(prepared.update);
  await subject.verify(ROWS, sumOfVersions(CHANGED));
  const remove = await applyAll(prepared.delete);
  await subject.verify(0, 0);
  const naive = await timed(() => server.upsertEach('naive', kind, prepared.naive));
  return {
    'limit.copy': copy,
    ...(prepared.naive.length > 0 && { 'naive.rowByRow': naive }),
    'apply.insert': insert,
    'apply.update': update,
    'apply.delete': remove,
  };
}

function sumOfVersions(first: number): number {
  return ROWS * first + (ROWS * (ROWS - 1)) / 2;
}
