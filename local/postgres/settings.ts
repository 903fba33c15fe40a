/**
 * Settings of the server, given at each start, so that they follow this file and not the day the data was made
 * (https://www.postgresql.org/docs/18/runtime-config.html).
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // No sockets: paths of sockets have a length limit (107 bytes) that a deep folder exceeds.
  unix_socket_directories: '',
  shared_buffers: '128MB',
  max_connections: '200',
  // Many small transactions side by side on few processors: parallel workers of one query would only take turns from them.
  max_parallel_workers_per_gather: '0',
  // A client that hangs before its login hears no signal, and every DROP DATABASE of the server waits for it (by default a minute).
  authentication_timeout: '10s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // A statement's error goes to its client. The log tells of the server itself, so it never holds a record's contents.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
} as const;

const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' } as const;
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } as const;

export const serverSettings = (durable: boolean): Readonly<Record<string, string>> => ({
  ...SETTINGS,
  ...(durable ? DURABLE : FAST),
});
