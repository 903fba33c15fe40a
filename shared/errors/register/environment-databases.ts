import type { RegisteredError } from '../register.ts';

/** Errors of an environment's databases and of the rules applied to their copies. `{text}` is the server's own words. */
export const ENVIRONMENT_DATABASE_ERRORS = {
  DATABASE_ADDRESS_INVALID: {
    class: 'stop',
    message: 'The connection string of the environment’s database cannot be used: {reason}.',
    cause: 'It is neither a PostgreSQL URL nor a list of keys and values that name a server and a database.',
    remedy: 'Store a valid connection string as a new version of the secret.',
  },
  DATABASE_UNAVAILABLE: {
    class: 'retry',
    message: 'The server of the environment’s database cannot be reached or is busy: {text}',
    cause: 'Network trouble, a restart, a failover, a lock or a deadlock.',
    remedy: 'Nothing: it is tried again. If it lasts, check that the server runs and lets Freshet in.',
  },
  DATABASE_LOGIN_FAILED: {
    class: 'stop',
    message: 'The server of the environment’s database refuses the login: {text}',
    cause: 'User, password, database name or firewall.',
    remedy: 'Correct the login or the connection string in the secret.',
  },
  DATABASE_FORBIDDEN: {
    class: 'stop',
    message: 'The server of the environment’s database denies a permission: {text}',
    cause: 'The runbook’s principal lacks a permission on the server, the source or the target.',
    remedy: 'Grant the permissions that the guide lists for the runbook’s principal.',
  },
  DATABASE_FULL: {
    class: 'stop',
    message: 'The server has no room for the copy: {text}',
    cause: 'The disk or the quota is full.',
    remedy: 'Make room, or raise the limit, and start the operation again.',
  },
  DATABASE_REFUSED: {
    class: 'stop',
    message: 'The database refuses a statement: {text}',
    cause: 'A constraint, a limit or a state of the database forbids what the runbook has to do there.',
    remedy: 'Mend what the database names in the source, or the rule that asks for it, and start the operation again.',
  },
  DATABASE_BUG: {
    class: 'bug',
    message: 'The server rejected a statement of Freshet: {text}',
    cause: 'A mistake in Freshet.',
    remedy: 'Report it with the runbook log. The target keeps its databases.',
  },
  DATABASE_GONE: {
    class: 'stop',
    message: 'No database on the server has the id {id}.',
    cause: 'Somebody dropped it, or it belongs to another server.',
    remedy: 'Roll the operation back, or restore the database.',
  },
  DATABASE_IN_SERVICE: {
    class: 'stop',
    message: 'The database {name} is in service: it is not dropped.',
    cause: 'It was opened, or is none that an operation shut or made.',
    remedy: 'Nothing: it stays. Drop it by hand if it is not needed.',
  },
  DATABASE_NAME_TAKEN: {
    class: 'stop',
    message: 'Another database bears the name {name}.',
    cause: 'Somebody made or renamed a database while the operation ran.',
    remedy: 'Rename or drop that database, then go on.',
  },
  DATABASE_UNSCRUBBED: {
    class: 'bug',
    message: 'The database {id} is a copy whose scrub is not finished: nobody is let in.',
    cause: 'A mistake in Freshet.',
    remedy: 'Report it with the runbook log. Nobody has read the copy.',
  },
  COPY_CANCELLED: {
    class: 'stop',
    message: 'The copy or the scrub was cancelled.',
    cause: 'Somebody aborted the operation.',
    remedy: 'Nothing: the copies are dropped.',
  },
  COPY_SOURCE_CHANGED: {
    class: 'retry',
    message: 'The table {table} of the source was emptied, rewritten or dropped while it was copied.',
    cause: 'A deployment or a clean-up ran in the source.',
    remedy: 'Nothing: the copy is begun again. If it lasts, refresh when the source is quiet.',
  },
  COPY_UNSUPPORTED: {
    class: 'stop',
    message: 'The source holds what cannot be copied: {objects}.',
    cause:
      'Freshet copies tables, types, views, functions and what belongs to them, and leaves nothing out in silence.',
    remedy:
      'Remove what is named from the source, or copy without it into a database of its own first. Let the source’s login read what it may not read, and make on the target’s server what is missing there.',
  },
  RESTORE_NOT_SUPPORTED: {
    class: 'stop',
    message: 'The server cannot restore the database {name} to a moment.',
    cause: 'It keeps no restore points that can be used through it.',
    remedy: 'Restore the database with the means of the platform, or refresh it again.',
  },
  RESTORE_OUT_OF_REACH: {
    class: 'stop',
    message: 'The database {name} cannot be restored to {moment}: {reason}.',
    cause:
      'The moment lies outside of the time for which the service keeps restore points, or the database is not known any more.',
    remedy: 'Restore a long-term backup with the means of the platform, or refresh the environment again.',
  },
  SCRUB_NOT_A_COPY: {
    class: 'stop',
    message: 'Rules are applied to copies only, and the database {id} is none that is being scrubbed.',
    cause: 'It is in service, or its scrub is over.',
    remedy: 'Nothing was changed. Begin a new operation.',
  },
  SCRUB_RULES_INVALID: {
    class: 'input',
    message: 'The scrub rules cannot be used: {reason}.',
    cause: 'The rule file does not have the shape that the guide describes.',
    remedy: 'Correct the rule file.',
  },
  SCRUB_COLUMN_MISSING: {
    class: 'stop',
    message: 'The rule {rule} names the column {column}, which the table {table} does not have.',
    cause: 'The rule was written for another version of the table.',
    remedy: 'Correct the rule; nothing is left unscrubbed in silence.',
  },
  SCRUB_COLUMN_NOT_WRITABLE: {
    class: 'stop',
    message: 'The rule {rule} cannot write {table}.{column}: {reason}.',
    cause: 'The column is computed, numbered or stamped by the server, or is declared NOT NULL.',
    remedy: 'Set another value, scrub the columns it is computed from, or delete the rows.',
  },
  SCRUB_TYPE_UNFIT: {
    class: 'stop',
    message: 'The rule {rule} cannot be applied to {table}.{column}, whose type is {type}.',
    cause: 'Masks are for texts, numbers without a fixed meaning and identifiers; other types have no such form.',
    remedy: 'Use set or null for this column.',
  },
  SCRUB_VALUE_UNFIT: {
    class: 'stop',
    message: 'The column {table}.{column}, whose type is {type}, would not hold the value that the rule {rule} sets.',
    cause:
      'The value is too long or out of range, is none of the type, or is held in another form, as a date without its time is.',
    remedy: 'Give the rule a value that fits, written as the database gives it back.',
  },
} as const satisfies Record<string, RegisteredError>;
