import { between, type Random } from '../../../local/dataverse/model/random.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import { TURN_MS } from '../../../shared/refresh/runbook/turn.ts';
import type { Gate } from '../../support/gate.ts';

/** The process has ended: nothing that it calls does anything any more. */
export class Killed extends Error {}

type Moment = 'before' | 'after';

/**
 * What may strike at a point of a history. `error`: one that passes; `stop`: one that does not; `outage`: one of many, for the
 * databases are away for a while; `freeze`: the worker stands still.
 */
export type Blow = 'kill' | 'error' | 'stop' | 'outage' | 'freeze';

/** A call of a port, before its effect or between it and its answer; or within it, between two tables or ranges. */
export interface Point {
  /** From 1 on. */
  readonly number: number;
  readonly operation: string;
  readonly moment: Moment;
  /** Ms. */
  readonly now: number;
}

export type Faults = (point: Point) => Blow | null;

/** No faults; the points are noted. */
export const noting =
  (points: Point[]): Faults =>
  (point) => {
    points.push(point);
    return null;
  };

/** The given blow at the n-th point, and nothing else; an outage lasts an hour from there. */
export function oneBlow(at: number, blow: Blow): Faults {
  const outage = outageFrom(({ number }) => number === at, OUTAGE_MAX_MS);
  return (point) => {
    if (blow === 'outage') return outage(point) ? blow : null;
    return point.number === at ? blow : null;
  };
}

/** Databases alone give errors that do not pass. */
export const canStop = ({ operation, moment }: Point): boolean =>
  operation.startsWith('databases.') && (moment === 'before' || isWithin(operation));

/** Between two tables or ranges: `databases.copy.table`. */
const isWithin = (operation: string): boolean => operation.split('.').length > 2;

/** A worker may stand still before these, and goes on when others have taken over. */
const canFreeze = ({ operation, moment }: Point): boolean =>
  moment === 'before' && (operation === 'operations.save' || operation.startsWith('databases.'));

/** Kills and passing errors together are fewer than a step has attempts. */
const PASSING_MAX = 6;
/** About as many points as a history has: of any kind, of those that can stop, of those that can freeze. */
const POINTS = 1_000;
const STOPPING = 230;
const FREEZING = 400;
/** Longer than a step is tried. */
const OUTAGE_MAX_MS = 3_600_000;

export function drawnFaults(random: Random): Faults {
  const passing = new Map<number, Blow>();
  for (let count = between(random, 0, PASSING_MAX); count > 0; count--)
    passing.set(between(random, 1, POINTS), random() < 0.5 ? 'kill' : 'error');
  let stops = random() < 0.3 ? between(random, 1, STOPPING) : 0;
  let freezes = random() < 0.4 ? between(random, 1, FREEZING) : 0;
  let outages = random() < 0.4 ? between(random, 1, STOPPING) : 0;
  const outage = outageFrom((point) => canStop(point) && --outages === 0, between(random, 1, OUTAGE_MAX_MS));
  return (point) => {
    if (outage(point)) return 'outage';
    if (canStop(point) && --stops === 0) return 'stop';
    if (canFreeze(point) && --freezes === 0) return 'freeze';
    return passing.get(point.number) ?? null;
  };
}

/** Whether the databases are away at a point, which they are for `lastsMs` once it begins. */
function outageFrom(begins: (point: Point) => boolean, lastsMs: number): (point: Point) => boolean {
  let until = 0;
  return (point) => {
    if (begins(point)) until = point.now + lastsMs;
    return canStop(point) && point.now < until;
  };
}

/** A process of Freshet, that may die once. */
export class FaultyProcess {
  dead = false;
  readonly #strike: (operation: string, moment: Moment) => Blow | null;
  readonly #sleep: (ms: number) => Promise<void>;

  constructor(strike: (operation: string, moment: Moment) => Blow | null, sleep: (ms: number) => Promise<void>) {
    this.#strike = strike;
    this.#sleep = sleep;
  }

  readonly gate: Gate = async (operation, moment) => {
    if (this.dead) throw new Killed();
    const blow = this.#strike(operation, moment);
    if (blow === 'freeze') await this.#sleep(FROZEN_MS);
    this.#suffer(operation, blow);
  };

  /** Between two tables or ranges. */
  within(operation: string): void {
    if (this.dead) throw new Killed();
    const blow = this.#strike(`databases.${operation}`, 'after');
    this.#suffer('databases', blow);
  }

  #suffer(operation: string, blow: Blow | null): void {
    if (blow === 'kill') {
      this.dead = true;
      throw new Killed();
    }
    if (blow === 'stop') throw new FreshetError('DATABASE_REFUSED', { text: 'no' });
    if (blow === 'error' || blow === 'outage') throw passingError(operation);
  }
}

const FROZEN_MS = TURN_MS + 5_000;

/** The error that a part's trouble shows itself by. */
function passingError(operation: string): FreshetError {
  if (operation.startsWith('databases')) return new FreshetError('DATABASE_UNAVAILABLE', { text: 'cut' });
  if (operation.startsWith('blobs')) return new FreshetError('STORAGE_UNAVAILABLE', { reason: 'cut' });
  if (operation.startsWith('secrets')) return new FreshetError('VAULT_UNAVAILABLE', { host: 'v', reason: 'cut' });
  if (operation.startsWith('synchronization'))
    return new FreshetError('SYNCHRONIZATION_UNAVAILABLE', { reason: 'cut' });
  return new FreshetError('CONTROL_UNAVAILABLE', { reason: 'cut' });
}
