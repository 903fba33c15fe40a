import type { Log, LogLevel } from './port.ts';
import { redact } from './redact.ts';

export interface LoggedEvent {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** Keeps what was logged, for tests. */
export class MemoryLog implements Log {
  readonly events: LoggedEvent[] = [];

  write(level: LogLevel, event: string, fields: LoggedEvent['fields'] = {}): void {
    this.events.push({ level, event, fields: redact(fields) });
  }

  /** The events of this name, in order. */
  named(event: string): LoggedEvent[] {
    return this.events.filter((logged) => logged.event === event);
  }
}
