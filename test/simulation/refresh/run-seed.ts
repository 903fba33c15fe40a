import { between, type Random, seededRandom } from '../../../local/dataverse/model/random.ts';
import type { OperationState } from '../../../shared/control/operation.ts';
import { settingsOf } from '../../support/refresh-data.ts';
import { PROD, UAT } from '../../support/refresh-world.ts';
import type { Faults } from './faults.ts';
import { RefreshHistory, type Turns } from './history.ts';
import type { Move } from './mover.ts';

export interface RefreshOutcome {
  readonly seed: number;
  readonly state: OperationState | null;
  /** The promise that was broken, or null. */
  readonly broken: string | null;
  readonly trace: readonly string[];
}

export async function runRefreshSeed(seed: number, drawn: (random: Random) => Faults): Promise<RefreshOutcome> {
  const random = seededRandom(seed);
  const turns = drawTurns(random);
  const history = new RefreshHistory(drawn(random), turns);
  return history.run().then(
    (state) => ({ seed, state, broken: null, trace: history.trace }),
    (error: unknown) => ({
      seed,
      state: null,
      broken: String(error instanceof Error ? (error.stack ?? error.message) : error),
      trace: [JSON.stringify(turns), ...history.trace],
    }),
  );
}

function drawTurns(random: Random): Turns {
  return {
    synchronizationFails: random() < 0.25,
    scrubUndone: random() < 0.1,
    ...(random() < 0.25 ? { abortAt: 1 + Math.floor(random() * 14) } : {}),
    wholeNext: true,
    afterwards: random() < 0.5 ? 'sign off' : 'roll back',
    ...(random() < 0.4 ? { move: drawMove(random) } : {}),
  };
}

const MOVE_AT_MAX = 400;
const MOVE_BACK_MAX = 40;

function drawMove(random: Random): Move {
  const which =
    random() < 0.7
      ? { environment: UAT, settings: settingsOf('UAT') }
      : { environment: PROD, settings: settingsOf('PROD') };
  return { ...which, at: between(random, 1, MOVE_AT_MAX), back: between(random, 1, MOVE_BACK_MAX) };
}
