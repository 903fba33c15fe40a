import { discard, dropCopies, dropOld, release } from './clear-up.ts';
import { copy } from './copy.ts';
import type { RunbookStep } from './plan.ts';
import { administrator, begin, finish, users } from './prepare.ts';
import { restore, rollbackTakeDown, swapBack } from './rollback.ts';
import { scrub, verify } from './scrub.ts';
import { check, open, putBack, swap, takeDown } from './swap.ts';
import { synchronize } from './synchronize.ts';
import type { Turn, Waiting } from './turn.ts';

/** What each step does; each may run twice, and finds out from the server what it did the first time. */
export const STEPS: Readonly<
  Record<Exclude<RunbookStep, 'preflight'>, (turn: Turn) => Promise<Waiting | null> | Promise<void>>
> = {
  begin,
  copy,
  scrub,
  verify,
  administrator,
  finish,
  users,
  takeDown,
  swap,
  open,
  synchronize,
  check,
  release,
  putBack,
  discard,
  rollbackTakeDown,
  restore,
  swapBack,
  rollbackDiscard: dropCopies,
  rollbackRelease: release,
  dropOld,
};
