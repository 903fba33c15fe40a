import type { LogLevel } from './core-types.ts';

/** Who speaks: a function's invocation, or (absent) the host itself. */
export interface LogSource {
  readonly functionName?: string;
  readonly invocationId?: string;
}

export type WriteLine = (line: string) => void;
export type HostLog = (level: LogLevel, message: string, source?: LogSource) => void;

/**
 * One line per message: time, level, function name, invocation id, text. Line breaks of the text (stack traces) are
 * written as `\n`, so that a line is always a whole message.
 */
export function createLog(write: WriteLine): HostLog {
  return (level, message, source = {}) => {
    const who = source.functionName ?? 'Host';
    const invocation = source.invocationId ?? '-';
    const text = message.replaceAll('\r', '').replaceAll('\n', '\\n');
    write(`${new Date().toISOString()} ${level.padEnd(11)} ${who} ${invocation} ${text}`);
  };
}

/** Text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Text and stack of anything that was thrown, for the log of this machine only. */
export function detailsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
}
