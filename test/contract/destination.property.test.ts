import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Counters, RetryEntry } from '../../shared/destination/model.ts';
import type { Destination } from '../../shared/destination/port.ts';
import {
  ACCOUNT,
  Chain,
  type DestinationHarness,
  idOf,
  refusedEntry,
  rowOf,
  settlementOf,
  writing,
} from './destination/harness.ts';
import { makeMemoryHarness } from './destination/memory.harness.ts';
import { makePostgresHarness } from './destination/postgres.harness.ts';

/** Few ids, so that everything meets everything. */
const IDS = 6;
const id = fc.integer({ min: 1, max: IDS });

type Step =
  | {
      readonly kind: 'batch';
      readonly entries: readonly Entry[];
      readonly merged: number;
      readonly clock: number;
      readonly log: boolean;
      readonly begins: number | null;
      readonly ends: number | null;
      readonly trial: boolean;
    }
  | { readonly kind: 'settle'; readonly outcomes: readonly ('write' | 'again' | 'fail')[]; readonly stale: boolean }
  | { readonly kind: 'revive' }
  | { readonly kind: 'place' };

interface Entry {
  readonly id: number;
  readonly what: 'row' | 'deletion' | 'refused row' | 'refused deletion' | 'failed row';
  readonly version: number;
}

const entry = fc.record({
  id,
  what: fc.constantFrom<Entry['what']>(
    'row',
    'row',
    'row',
    'deletion',
    'refused row',
    'refused deletion',
    'failed row',
  ),
  version: fc.integer({ min: 0, max: 9 }),
});
const snapshot = fc.option(fc.integer({ min: 1, max: 2 }), { freq: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      entries: fc.uniqueArray(entry, { selector: (one) => one.id, maxLength: IDS }),
      merged: fc.nat(3),
      clock: fc.integer({ min: -3, max: 20 }),
      log: fc.boolean(),
      begins: snapshot,
      ends: snapshot,
      trial: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      outcomes: fc.array(fc.constantFrom<'write' | 'again' | 'fail'>('write', 'again', 'fail'), {
        minLength: IDS,
        maxLength: IDS,
      }),
      stale: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'revive' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'place' }) },
);

/** One destination driven by the steps; everything random about them is in the steps, so that two can be compared. */
class Driven {
  readonly chain: Chain;
  #blobs = 0;
  /** What was due the last time, for settlements that come too late. */
  #stale: RetryEntry[] = [];

  constructor(destination: Destination) {
    this.chain = new Chain(destination);
  }

  async take(one: Step): Promise<unknown> {
    if (one.kind === 'batch') return this.#batch(one);
    if (one.kind === 'settle') return this.#settle(one);
    if (one.kind === 'revive') return this.chain.destination.reviveFailures('account', this.chain.now);
    const placed = await this.chain.destination.place('account', this.chain.page, {
      page: `placed-${this.chain.number}`,
      number: this.chain.number,
    });
    this.chain.page = `placed-${this.chain.number}`;
    return placed;
  }

  async #batch({
    entries,
    merged,
    clock,
    log,
    begins,
    ends,
    trial,
  }: Extract<Step, { kind: 'batch' }>): Promise<unknown> {
    const of = (...kinds: Entry['what'][]) => entries.filter(({ what }) => kinds.includes(what));
    const blob = () => `blob-${++this.#blobs}`;
    this.chain.now += clock - 1000;
    const parts = {
      rows: of('row').map((one) =>
        rowOf(idOf(one.id), { versionnumber: String(one.version), name: `v${one.version}` }),
      ),
      deletions: of('deletion').map((one) => idOf(one.id)),
      refused: of('refused row', 'refused deletion', 'failed row').map((one) =>
        refusedEntry(idOf(one.id), {
          blob: blob(),
          deletion: one.what === 'refused deletion',
          dueAt: one.what === 'failed row' ? null : one.id,
        }),
      ),
      read: entries.length + merged,
      begins: begins === null ? [] : [`s${begins}`],
      ends: ends === null ? [] : [`s${ends}`],
      deleteLog: log,
    };
    return trial ? this.chain.destination.apply(this.chain.next(parts), 'trial') : this.chain.apply(parts);
  }

  async #settle({ outcomes, stale }: Extract<Step, { kind: 'settle' }>): Promise<unknown> {
    const due = await this.chain.destination.dueRetries(1e15, IDS);
    const entries = stale ? this.#stale : due;
    this.#stale = due;
    const outcome = (which: string) => entries.filter((one, k) => outcomes[k] === which && one.changeType !== 'Delete');
    const written = outcome('write');
    const refusal = (dueAt: number | null) => (one: RetryEntry) => ({ entry: one, code: 'C', reason: 'r', dueAt });
    return this.chain.destination.settleRetries(
      settlementOf({
        id: `settlement-${this.chain.number}`,
        now: this.chain.now,
        write: writing(
          written,
          written.map((one) => rowOf(one.id, { name: one.blob })),
        ),
        deletions: entries.filter(({ changeType }) => changeType === 'Delete'),
        refused: [...outcome('again').map(refusal(7)), ...outcome('fail').map(refusal(null))],
        deleteLog: true,
      }),
    );
  }
}

describe('destinations', () => {
  let memory: DestinationHarness;
  let postgres: DestinationHarness;
  let runs = 0;
  beforeAll(async () => {
    [memory, postgres] = await Promise.all([makeMemoryHarness(), makePostgresHarness(inject('postgresUrl'))]);
  });
  afterAll(() => Promise.all([memory?.close(), postgres?.close()]));

  it('whatever is applied and settled, counters add up, and memory and PostgreSQL agree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const address = { prefix: `run${++runs}` };
        const pairs = [memory, postgres].map((harness) => ({ harness, driven: new Driven(harness.open(address)) }));
        for (const { driven } of pairs) await driven.chain.begin();
        for (const one of steps) {
          const [inMemory, onPostgres] = await Promise.all(pairs.map(({ driven }) => driven.take(one)));
          expect(onPostgres).toEqual(inMemory);
          const [expected, actual] = await Promise.all(
            pairs.map(({ harness, driven }) => everything(harness, driven.chain, address)),
          );
          expect(actual).toEqual(expected);
          expectBalance(expected?.counters);
        }
        await Promise.all(pairs.map(({ driven }) => driven.chain.destination.close()));
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

async function everything(harness: DestinationHarness, { destination }: Chain, address: { prefix: string }) {
  const positions = (await destination.positions()) ?? [];
  return {
    counters: positions[0]?.counters,
    positions,
    rows: await harness.rows(ACCOUNT, address),
    due: await destination.dueRetries(1e15, 100),
    next: await destination.nextRetryAt(),
    failures: await destination.unloggedFailures(100),
  };
}

function expectBalance(counters: Counters | undefined): void {
  if (!counters) throw new Error('a position has counters');
  const { read, applied, replaced, retrying, failed } = counters;
  expect(applied + replaced + retrying + failed).toBe(read);
  expect(Math.min(...Object.values(counters))).toBeGreaterThanOrEqual(0);
}
