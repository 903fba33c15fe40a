/**
 * Never awaited on the disk: a killed process loses nothing, for the operating system has it; a machine without power may
 * lose the organization, which is well for a local one. The log may grow to some 80 MB before it is worked in, for most
 * waiting messages are gone again by then.
 */
export const PRAGMAS = `PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;
  PRAGMA wal_autocheckpoint = 20000;`;

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entity (
  name TEXT PRIMARY KEY, position INTEGER NOT NULL, definition TEXT NOT NULL, tokens_since INTEGER NOT NULL,
  slots TEXT NOT NULL, slot_count INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
  entity TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, cells TEXT NOT NULL, PRIMARY KEY (entity, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deletion (
  version INTEGER PRIMARY KEY, entity TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS binned (
  entity TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, "group" INTEGER NOT NULL, row_version INTEGER NOT NULL,
  cells TEXT NOT NULL, PRIMARY KEY (entity, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (
  sequence INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, body TEXT NOT NULL, properties TEXT NOT NULL,
  correlation TEXT NOT NULL, due INTEGER NOT NULL
);
`;

/** The tables that hold the organization's state, as against settings and waiting messages. */
export const STATE_TABLES = ['entity', 'record', 'deletion', 'binned'];
