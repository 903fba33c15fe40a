import type { RegisteredError } from '../register.ts';

export const CONTROL_ERRORS = {
  CONTROL_UNAVAILABLE: {
    class: 'retry',
    message: 'The control database did not answer: {reason}.',
    cause: 'Network trouble, a restart or a full disk.',
    remedy: 'Nothing: it is tried again. If it lasts, check FRESHET_CONTROL_DATABASE.',
  },
  CONTROL_BUG: {
    class: 'bug',
    message: 'The control database rejected a statement of Freshet: {reason}.',
    cause: 'A mistake in Freshet.',
    remedy: 'Report it with the log of this moment.',
  },
} as const satisfies Record<string, RegisteredError>;
