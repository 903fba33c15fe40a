import type { OperationEvent } from '../states.ts';

/** Every step, in the order of a run. */
export const RUNBOOK_STEPS = [
  'preflight',
  'begin',
  'copy',
  'scrub',
  'verify',
  'administrator',
  'finish',
  'users',
  'takeDown',
  'swap',
  'open',
  'synchronize',
  'check',
  'release',
  'putBack',
  'discard',
  'rollbackTakeDown',
  'restore',
  'swapBack',
  'rollbackDiscard',
  'rollbackRelease',
  'dropOld',
] as const;
export type RunbookStep = (typeof RUNBOOK_STEPS)[number];

export const isRunbookStep = (step: string): step is RunbookStep => (RUNBOOK_STEPS as readonly string[]).includes(step);

/** What follows a step: another one, or an event that ends the run; `end`: the state stays as it is. */
export type Following = { readonly step: RunbookStep } | { readonly event: OperationEvent } | 'end';

interface Planned {
  readonly title: string;
  readonly next: Following;
  /** What follows when the step has failed for good; `again`: it never has. */
  readonly failed: Following | 'again';
  /** Until the swap somebody may abort. */
  readonly abortable?: true;
  /** Whatever error it meets, it is tried again as often as allowed: names must not stay half right, nor copies behind. */
  readonly stubborn?: true;
  /** It waits for trouble that passes, however long that takes: the names are not right before it has ended. */
  readonly patient?: true;
}

export const FIRST_STEP: RunbookStep = 'preflight';
export const AFTER_CHECKS: RunbookStep = 'begin';

const FAIL = { event: 'fail' } as const;
const DISCARD = { step: 'discard' } as const;
const PUT_BACK = { step: 'putBack' } as const;
const ROLLBACK_FAILS = { event: 'rollback fails' } as const;

const beforeTheSwap = (title: string, next: RunbookStep): Planned => ({
  title,
  next: { step: next },
  failed: DISCARD,
  abortable: true,
});

/** The runbook as data: a refresh, what clears up after a failure or an abort, the rollback, and what a sign-off leaves to do. */
export const RUNBOOK: Readonly<Record<RunbookStep, Planned>> = {
  // Belongs to the request; what a request left behind when it died is withdrawn.
  preflight: { title: 'Checks everything at once', next: { step: AFTER_CHECKS }, failed: 'again' },
  begin: beforeTheSwap('Notes the databases of the target', 'copy'),
  copy: beforeTheSwap('Copies the databases of the source', 'scrub'),
  scrub: beforeTheSwap('Scrubs the copy', 'verify'),
  verify: beforeTheSwap('Verifies the scrub', 'administrator'),
  administrator: beforeTheSwap('Resets the administrator', 'finish'),
  finish: beforeTheSwap('Takes the runbook’s own traces out', 'users'),
  users: beforeTheSwap('Gives the target’s users their access', 'takeDown'),
  takeDown: { title: 'Takes the target out of service', next: { step: 'swap' }, failed: PUT_BACK },
  swap: { title: 'Swaps the databases', next: { step: 'open' }, failed: PUT_BACK },
  open: { title: 'Opens the new databases', next: { step: 'synchronize' }, failed: PUT_BACK },
  synchronize: { title: 'Synchronizes the database', next: { step: 'check' }, failed: FAIL },
  check: { title: 'Verifies the result', next: { step: 'release' }, failed: FAIL },
  release: { title: 'Puts the target into service', next: { event: 'complete' }, failed: FAIL },
  putBack: { title: 'Puts the old databases back', next: DISCARD, failed: FAIL, stubborn: true, patient: true },
  discard: { title: 'Drops the copies', next: FAIL, failed: FAIL, stubborn: true },
  rollbackTakeDown: { title: 'Takes the target out of service', next: { step: 'restore' }, failed: ROLLBACK_FAILS },
  restore: { title: 'Finds or restores the old databases', next: { step: 'swapBack' }, failed: ROLLBACK_FAILS },
  swapBack: {
    title: 'Swaps the old databases back',
    next: { step: 'rollbackDiscard' },
    failed: ROLLBACK_FAILS,
    stubborn: true,
    patient: true,
  },
  rollbackDiscard: { title: 'Drops the copies', next: { step: 'rollbackRelease' }, failed: ROLLBACK_FAILS },
  rollbackRelease: {
    title: 'Puts the target into service',
    next: { event: 'rolled back' },
    failed: ROLLBACK_FAILS,
  },
  dropOld: { title: 'Drops the old databases', next: 'end', failed: 'again' },
};

export const FIRST_ROLLBACK_STEP: RunbookStep = 'rollbackTakeDown';
export const AFTER_SIGN_OFF: RunbookStep = 'dropOld';
