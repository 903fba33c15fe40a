import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';
import { consoleLog } from '../../../../shared/platform/log/console.ts';
import { MemoryLog } from '../../../../shared/platform/log/memory.ts';
import type { Log, LogLevel } from '../../../../shared/platform/log/port.ts';

const LEVELS: LogLevel[] = ['debug', 'info', 'warn', 'error'];
const NOON = Date.UTC(2026, 5, 1, 12);

function logged(format: 'json' | 'text', use: (log: Log) => void, level: LogLevel = 'debug'): string[] {
  const lines: string[] = [];
  use(consoleLog({ clock: new VirtualClock(NOON), level, format, write: (line) => lines.push(line) }));
  return lines;
}

describe('consoleLog', () => {
  it('json: writes one object per line, with time, level and event', () => {
    const lines = logged('json', (log) =>
      log.write('info', 'page applied', { rows: 5, text: 'two\nlines', none: null }),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{"time":[^\n]*\}\n$/);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: '2026-06-01T12:00:00.000Z',
      level: 'info',
      event: 'page applied',
      rows: 5,
      text: 'two\nlines',
      none: null,
    });
  });

  it('json: no field can pose as the level or the event', () => {
    const [line] = logged('json', (log) =>
      log.write('error', 'real', { level: 'debug', event: 'false', time: 'never' }),
    );
    expect(JSON.parse(line ?? '')).toMatchObject({ level: 'error', event: 'real', time: '2026-06-01T12:00:00.000Z' });
  });

  it('text: writes one readable line, quoting what would not read as one word', () => {
    const fields = {
      entity: 'contact',
      rows: 5,
      reason: 'no "answer"',
      lines: 'a\nb',
      empty: '',
      escape: '\u001b[31m',
    };
    expect(logged('text', (log) => log.write('warn', 'read failed', fields))).toEqual([
      '2026-06-01T12:00:00.000Z warn  read failed entity=contact rows=5 reason="no \\"answer\\"" lines="a\\nb" empty="" escape="\\u001b[31m"\n',
    ]);
  });

  it.each(LEVELS)('level %s drops what is below it', (lowest) => {
    const lines = logged('text', (log) => LEVELS.forEach((level) => void log.write(level, 'event')), lowest);
    expect(lines).toHaveLength(LEVELS.length - LEVELS.indexOf(lowest));
  });

  it.each(['json', 'text'] as const)('%s: shows no secret', (format) => {
    const fields = { reason: 'Password=hunter2;', token: 'hunter2' };
    expect(logged(format, (log) => log.write('info', 'event', fields)).join()).not.toContain('hunter2');
  });
});

describe('MemoryLog', () => {
  it('keeps the events in order, without secrets', () => {
    const log = new MemoryLog();
    log.write('info', 'a', { reason: 'Password=hunter2;' });
    log.write('error', 'b');
    expect(log.events.map(({ level, event }) => `${level} ${event}`)).toEqual(['info a', 'error b']);
    expect(log.named('a')).toEqual([{ level: 'info', event: 'a', fields: { reason: 'Password=***;' } }]);
  });
});
