import { pick, type Random } from '../../local/dataverse/model/random.ts';

/**
 * What a history knows of trouble, and how often (each a probability: of a message, an operation or a step). Each seed has
 * its own, for all kinds at once would hide some.
 */
export interface Swarm {
  /** No notification is lost, nobody crashes, nothing goes back in time: then no change may wait for a sweep. */
  readonly calm: boolean;
  // Notifications and messages.
  readonly lost: number;
  readonly doubled: number;
  readonly delayed: number;
  readonly cut: number;
  // Workers and what they call.
  readonly killed: number;
  readonly frozen: number;
  readonly failed: number;
  readonly hangs: number;
  readonly slow: number;
  readonly outage: number;
  // The parts around.
  readonly refused: number;
  readonly expired: number;
  readonly restored: number;
  readonly blobLost: number;
  readonly standstill: number;
  // People in the organization.
  readonly hidden: number;
  readonly redefined: number;
  /** There are values that change without a version of their row. */
  readonly derived: boolean;
  /** Changes of links can perhaps not be read. */
  readonly untracked: boolean;
  // Administrators, and people with a database client.
  readonly switched: number;
  readonly replaced: number;
  readonly left: number;
  readonly paused: number;
  readonly resynced: number;
  readonly retried: number;
  readonly reconciled: number;
  readonly tampered: number;
  /** Share of rows so large that their page lies in a blob. */
  readonly large: number;
}

const CALM_SHARE = 0.2;
const DWELLING_SHARE = 0.25;

export function drawSwarm(random: Random): Swarm {
  const maybe = (rate: number) => (random() < 0.6 ? rate * random() : 0);
  const swarm: Swarm = {
    calm: random() < CALM_SHARE,
    lost: maybe(0.4),
    doubled: maybe(0.4),
    delayed: maybe(0.4),
    cut: maybe(0.3),
    killed: maybe(0.01),
    frozen: maybe(0.01),
    failed: maybe(0.015),
    hangs: maybe(0.005),
    slow: maybe(0.03),
    outage: maybe(0.01),
    refused: maybe(0.5),
    expired: maybe(0.01),
    restored: maybe(0.01),
    blobLost: maybe(0.01),
    standstill: maybe(0.005),
    hidden: maybe(0.2),
    redefined: maybe(0.08),
    derived: random() < 0.3,
    untracked: random() < 0.3,
    switched: maybe(0.01),
    replaced: maybe(0.01),
    left: maybe(0.004),
    paused: maybe(0.01),
    resynced: maybe(0.01),
    retried: maybe(0.02),
    reconciled: maybe(0.02),
    tampered: maybe(0.005),
    large: random() < 0.25 ? 0.1 : 0,
  };
  const dwelling = random() < DWELLING_SHARE ? pick(random, DWELLINGS) : null;
  if (swarm.calm) return { ...swarm, ...CALM };
  return dwelling ? { ...SILENT, large: swarm.large, ...dwelling } : swarm;
}

const SILENT: Swarm = {
  calm: false,
  lost: 0,
  doubled: 0,
  delayed: 0,
  cut: 0,
  killed: 0,
  frozen: 0,
  failed: 0,
  hangs: 0,
  slow: 0,
  outage: 0,
  refused: 0,
  expired: 0,
  restored: 0,
  blobLost: 0,
  standstill: 0,
  hidden: 0,
  redefined: 0,
  derived: false,
  untracked: false,
  switched: 0,
  replaced: 0,
  left: 0,
  paused: 0,
  resynced: 0,
  retried: 0,
  reconciled: 0,
  tampered: 0,
  large: 0,
};

/** Some histories dwell on one kind of trouble, and all else is silent: what several coincidences make would not be met otherwise. */
const DWELLINGS: readonly Partial<Swarm>[] = [
  // A record that is tried by two at once while it changes.
  { refused: 0.5, retried: 0.02, frozen: 0.01, slow: 0.03 },
  // All is read beside open transactions.
  { hidden: 0.5, resynced: 0.02 },
  // Entities leave their profiles and come back.
  { replaced: 0.03, frozen: 0.01, killed: 0.01 },
  // Definitions change while all is read.
  { redefined: 0.08, resynced: 0.03, frozen: 0.01, slow: 0.03 },
  // Both sides are compared while all is to be read.
  { reconciled: 0.02, redefined: 0.2, derived: true },
];

/** A worker that stands still for a minute is as good as crashed; and what is done by schedule alone would wait for it. */
const CALM = {
  lost: 0,
  killed: 0,
  frozen: 0,
  slow: 0,
  outage: 0,
  restored: 0,
  blobLost: 0,
  standstill: 0,
  hidden: 0,
  derived: false,
  untracked: false,
  replaced: 0,
  reconciled: 0,
  tampered: 0,
};
