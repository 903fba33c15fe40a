import type { RegisteredError } from '../register.ts';

/** Errors of a destination (reference: reliability.md, section 2). `{text}` is the database's own words. */
export const DESTINATION_ERRORS = {
  DESTINATION_ADDRESS_INVALID: {
    class: 'stop',
    message: 'The connection string in the secret cannot be used: {reason}.',
    cause: 'It is neither a PostgreSQL URL nor a list of keys and values that name a server and a database.',
    remedy: 'Store a valid connection string as a new version of the secret.',
  },
  DESTINATION_UNAVAILABLE: {
    class: 'retry',
    message: 'The destination cannot be reached or is busy: {text}',
    cause: 'Network trouble, a restart, a failover, a lock or a deadlock.',
    remedy: 'Nothing: it is tried again. If it lasts, check that the database runs and lets Freshet in.',
  },
  DESTINATION_BATCH_TOO_LARGE: {
    class: 'smaller',
    message: 'The destination asks for a smaller batch: {text}',
    cause: 'Memory, locks or time of one transaction are limited there.',
    remedy: 'Nothing: smaller batches are used for a while.',
  },
  DESTINATION_LIMIT_TOO_LOW: {
    class: 'stop',
    message:
      'The destination cannot write {entries} entries of {entity} in one transaction, and less is not possible: {reason}',
    cause:
      'A page or a retry is written as a whole; memory, locks or time of a transaction are limited below that, or a trigger takes too long.',
    remedy:
      'Raise the limit that the database names, or make the triggers and indexes of the table faster; Freshet goes on by itself within a minute.',
  },
  RECORD_REFUSED: {
    class: 'row',
    message: 'The destination refuses a record: {text}',
    cause: 'A value does not fit its column, or a constraint or trigger of the destination forbids it.',
    remedy: 'Mend the value or the constraint, then resynchronize the failed records.',
  },
  DESTINATION_FULL: {
    class: 'stop',
    message: 'The destination has no room: {text}',
    cause: 'The size quota, the disk or the log is full.',
    remedy: 'Make room or raise the limit; Freshet goes on by itself within a minute.',
  },
  DESTINATION_LOGIN_FAILED: {
    class: 'stop',
    message: 'The destination refuses the login: {text}',
    cause: 'User, password, database name or firewall.',
    remedy: 'Correct the login or the connection string in the secret; Freshet goes on by itself within a minute.',
  },
  DESTINATION_FORBIDDEN: {
    class: 'stop',
    message: 'The destination denies a permission: {text}',
    cause: 'The login lacks a permission on the database or the schema.',
    remedy: 'Grant the permissions listed in the guide; Freshet goes on by itself within a minute.',
  },
  DESTINATION_SCHEMA_CHANGED: {
    class: 'stop',
    message: 'A table or column that Freshet made is gone or changed: {text}',
    cause: 'Somebody altered the destination by hand.',
    remedy: 'Nothing if the object is gone: it is made anew and filled. Otherwise restore its definition.',
  },
  DESTINATION_STOPPED: {
    class: 'stop',
    message: 'The destination cannot be used: {text}',
    cause: 'The database reports a state that does not pass by itself.',
    remedy: 'Read the database’s words, mend the cause; Freshet goes on by itself within a minute.',
  },
  DESTINATION_BUG: {
    class: 'bug',
    message: 'The destination rejected a statement of Freshet: {text}',
    cause: 'A mistake in Freshet.',
    remedy: 'Report it with the log of this moment. The profile waits; no data is lost.',
  },
  DESTINATION_REFUSES_ALL: {
    class: 'stop',
    message: 'The destination refuses every record for one reason: {text}',
    cause: 'A constraint, a trigger or a changed column of the destination, not the records.',
    remedy: 'Mend the destination; Freshet goes on by itself within a minute.',
  },
  PERMISSION_MISSING: {
    class: 'stop',
    message: 'The permission {code} {name} on the {scope} is missing: {reason}.',
    cause: 'The login of the connection string lacks it.',
    remedy: 'As the owner of the database: {statement}.',
  },
  DESTINATION_READ_ONLY: {
    class: 'stop',
    message: 'The database takes no writes.',
    cause: 'It is a replica, or transactions are read-only by default there.',
    remedy: 'Name the primary database in the connection string, or set default_transaction_read_only off.',
  },
  COLUMN_NOT_WIDENED: {
    class: 'stop',
    message: 'The column {column} of the table {table} cannot be made wider.',
    cause: 'A view, an index or another object of the database depends on it.',
    remedy:
      'Nothing has to be done: values that it cannot hold are refused as records. Drop what depends on the column and make it anew to have them.',
  },
  TABLE_FOREIGN: {
    class: 'stop',
    message: 'The table {table} is not one that Freshet made.',
    cause: 'It does not bear the key of Freshet’s tables.',
    remedy: 'Drop it by hand if it is not needed; or choose another prefix or schema.',
  },
  DESTINATION_TABLES_TAKEN: {
    class: 'stop',
    message: 'The tables for {entity} belong to another profile ({profileId}).',
    cause:
      'Two profiles write to the same database, schema and prefix; or a profile of another installation took the tables over.',
    remedy:
      'Give one of the two another prefix, schema or database, or delete the other profile and its tables. If the other one is not of this installation and is no more, activate this one again with Settings.Adopt of its entities set to true.',
  },
  POSITION_MOVED: {
    class: 'retry',
    message: 'Another worker moved the position of {entity} first.',
    cause: 'A lease ended while its owner still worked.',
    remedy: 'Nothing: the other worker’s result stands.',
  },
} as const satisfies Record<string, RegisteredError>;
