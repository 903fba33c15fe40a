import type { RegisteredError } from '../register.ts';

export const EXPORT_ERRORS = {
  FEED_SHAPE_UNKNOWN: {
    class: 'bug',
    message: 'The definition of {entity} under which a page was read is not known any more.',
    cause: 'A mistake in Freshet, or the control database was altered by hand.',
    remedy: 'Delete the profile and create it again; report it with the log of this moment.',
  },
  FEED_KEEPS_FAILING: {
    class: 'bug',
    message: 'Reading {entity} ended without an end {starts} times in a row.',
    cause: 'The process was stopped each time: a page too large for its memory, or repeated restarts.',
    remedy: 'Nothing: it is tried again every minute. If it lasts, give the app more memory.',
  },
  PROFILE_KEEPS_FAILING: {
    class: 'bug',
    message: 'Writing to the destination ended without an end {starts} times in a row.',
    cause: 'The process was stopped each time: a batch too large for its memory, or repeated restarts.',
    remedy: 'Nothing: it is tried again every minute. If it lasts, give the app more memory.',
  },
} as const satisfies Record<string, RegisteredError>;
