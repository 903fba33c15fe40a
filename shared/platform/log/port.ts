export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One event of the running system, for people and for queries. `fields` never hold a secret, a connection string or a record's contents. */
export interface Log {
  write(level: LogLevel, event: string, fields?: Readonly<Record<string, string | number | boolean | null>>): void;
}
