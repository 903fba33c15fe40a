import type { Clock } from '../clock/port.ts';
import type { Log, LogLevel } from './port.ts';
import { redact } from './redact.ts';

export interface ConsoleLogOptions {
  readonly clock: Clock;
  /** Events below it are dropped. */
  readonly level: LogLevel;
  /** `json`: one object per line, for queries. `text`: for people at a terminal. */
  readonly format: 'json' | 'text';
  /** Where the lines go; standard output when absent. */
  readonly write?: (line: string) => void;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** One line per event. */
export function consoleLog({ clock, level: lowest, format, write = toStdout }: ConsoleLogOptions): Log {
  const lineOf = format === 'json' ? jsonLine : textLine;
  return {
    write(level, event, fields = {}) {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(lowest)) return;
      write(`${lineOf(new Date(clock.now()).toISOString(), level, event, redact(fields))}\n`);
    },
  };
}

type Line = (time: string, level: LogLevel, event: string, fields: ReturnType<typeof redact>) => string;

const jsonLine: Line = (time, level, event, fields) => {
  const own = { time, level, event };
  // Twice: first for the reader, last so that no field can pose as one of them.
  return JSON.stringify({ ...own, ...fields, ...own });
};

const textLine: Line = (time, level, event, fields) => {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${wordOf(value)}`);
  return [time, level.padEnd(5), event, ...pairs].join(' ');
};

/** Quoted where it would not read as one word, so that no value breaks the line or poses as another field. */
function wordOf(value: string | number | boolean | null): string {
  return typeof value === 'string' && !/^[^\s"=\p{C}]+$/u.test(value) ? JSON.stringify(value) : String(value);
}

function toStdout(line: string): void {
  process.stdout.write(line);
}
