import type { RunbookStep } from '../../shared/refresh/runbook/plan.ts';
import type { Victim } from './kill.ts';
import type { Chaos } from './scenario.ts';

const KILLS = 12;
const QUICK_KILLS = 4;
/** So many of them are aimed, each third. */
const AIMED_EACH = 3;
/** Of the others each third is PostgreSQL's, each fourth falls into a rollback. */
const POSTGRES_EACH = 3;
const ROLLBACK_EACH = 4;
/** Not so late that nothing is under way any more. */
const LATEST = 0.95;
/** The steps that exchange the databases take some tens of ms each: the kill falls within the first of them. */
const WITHIN_MS = 40;

export type Phase = 'refresh' | 'rollback';
type RefreshVictim = Extract<Victim, 'functions' | 'postgres'>;

/** At a moment, as a part of what its phase takes undisturbed. */
export interface BlowAtMoment {
  readonly victim: RefreshVictim;
  readonly phase: Phase;
  readonly share: number;
}

/** So many ms after a worker has taken a step. */
export interface BlowAtStep {
  readonly victim: RefreshVictim;
  readonly phase: 'refresh';
  readonly step: RunbookStep;
  readonly afterMs: number;
}

export type Blow = BlowAtMoment | BlowAtStep;

/** The most dangerous first. */
const AIMS: readonly (readonly [RunbookStep, RefreshVictim])[] = [
  ['swap', 'functions'],
  ['takeDown', 'functions'],
  ['swap', 'postgres'],
  ['open', 'functions'],
];

export const blowCount = ({ quick }: Pick<Chaos, 'quick'>): number => (quick ? QUICK_KILLS : KILLS);

/** Those at a step and those at a moment, in any order. */
export function blowsOf(chaos: Chaos): Blow[] {
  const { random } = chaos;
  const aimed = AIMS.slice(0, Math.round(blowCount(chaos) / AIMED_EACH)).map(
    ([step, victim]): BlowAtStep => ({ victim, phase: 'refresh', step, afterMs: random() * WITHIN_MS }),
  );
  const others = blowsAtMoments(random, blowCount(chaos) - aimed.length);
  return [...aimed, ...others]
    .map((blow) => ({ blow, order: random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ blow }) => blow);
}

/** Victims and phases in turn; the moments of a phase spread over the whole of it. */
function blowsAtMoments(random: Chaos['random'], count: number): BlowAtMoment[] {
  const kinds = Array.from({ length: count }, (_, index) => ({
    victim: (index + 1) % POSTGRES_EACH === 0 ? ('postgres' as const) : ('functions' as const),
    phase: (index + 1) % ROLLBACK_EACH === 0 ? ('rollback' as const) : ('refresh' as const),
    order: random(),
  }));
  return kinds.map(({ victim, phase, order }) => {
    const alike = kinds.filter((other) => other.phase === phase);
    const place = alike.filter((other) => other.order < order).length;
    return { victim, phase, share: (LATEST * (place + random())) / alike.length };
  });
}
