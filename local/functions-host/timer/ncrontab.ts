import { StartFailure } from '../../support/failure.ts';

/** A schedule: the next moment after a given one, both in milliseconds since 1970 UTC. */
export interface Schedule {
  /** Undefined when there is none within the next ten years (30 February). */
  next(after: number): number | undefined;
}

interface FieldSpec {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

const SECOND: FieldSpec = { name: 'second', min: 0, max: 59 };
const FIELDS: readonly FieldSpec[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of the week', min: 0, max: 6, names: DAYS },
];

const SEARCH_YEARS = 10;

/**
 * NCRONTAB as Functions timers take it: `{second} {minute} {hour} {day} {month} {day of the week}`, the second may be
 * left out; lists, ranges, steps and English names. Unlike in cron, day and day of the week must both fit. A constant
 * interval `hh:mm:ss` is a schedule too. Times are UTC.
 */
export function parseSchedule(text: string): Schedule {
  const interval = /^(\d{1,2}):(\d{2}):(\d{2})$/.exec(text.trim());
  if (interval) return every(interval.slice(1).map(Number), text);
  const parts = text.trim().split(/\s+/);
  const fields = parts.length === 5 ? ['0', ...parts] : parts;
  if (fields.length !== 6) throw invalid(text, 'it needs six fields');
  const sets = [SECOND, ...FIELDS].map((spec, index) => parseField(fields[index] ?? '', spec, text));
  const [seconds, minutes, hours, days, months, weekdays] = sets;
  if (!seconds || !minutes || !hours || !days || !months || !weekdays) throw invalid(text, 'a field is missing');
  return { next: (after) => findNext({ seconds, minutes, hours, days, months, weekdays }, after) };
}

function every([hours = 0, minutes = 0, seconds = 0]: number[], text: string): Schedule {
  const ms = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  if (ms === 0) throw invalid(text, 'the interval is empty');
  return { next: (after) => after + ms };
}

type Values = readonly boolean[];

interface Sets {
  readonly seconds: Values;
  readonly minutes: Values;
  readonly hours: Values;
  readonly days: Values;
  readonly months: Values;
  readonly weekdays: Values;
}

/** Goes forward in the largest step that cannot skip a match: month, day, hour, minute, second. */
function findNext(sets: Sets, after: number): number | undefined {
  const at = new Date(after);
  at.setUTCMilliseconds(1000);
  const lastYear = at.getUTCFullYear() + SEARCH_YEARS;
  while (at.getUTCFullYear() <= lastYear) {
    if (!sets.months[at.getUTCMonth() + 1]) {
      at.setUTCMonth(at.getUTCMonth() + 1, 1);
      at.setUTCHours(0, 0, 0);
    } else if (!sets.days[at.getUTCDate()] || !sets.weekdays[at.getUTCDay()]) {
      at.setUTCDate(at.getUTCDate() + 1);
      at.setUTCHours(0, 0, 0);
    } else if (!sets.hours[at.getUTCHours()]) {
      at.setUTCHours(at.getUTCHours() + 1, 0, 0);
    } else if (!sets.minutes[at.getUTCMinutes()]) {
      at.setUTCMinutes(at.getUTCMinutes() + 1, 0);
    } else if (!sets.seconds[at.getUTCSeconds()]) {
      at.setUTCSeconds(at.getUTCSeconds() + 1);
    } else {
      return at.getTime();
    }
  }
  return undefined;
}

function parseField(field: string, spec: FieldSpec, schedule: string): Values {
  const values = new Array<boolean>(spec.max + 1).fill(false);
  for (const item of field.split(',')) {
    const { first, last, step } = parseItem(item, spec, schedule);
    for (let value = first; value <= last; value += step) values[value] = true;
  }
  return values;
}

/** `*`, `5`, `1-5`, each with an optional `/step`; `5/15` means from 5 on. */
function parseItem(item: string, spec: FieldSpec, schedule: string): { first: number; last: number; step: number } {
  const [range = '', stepText, tooMany] = item.split('/');
  const step = stepText === undefined ? 1 : Number(stepText);
  if (!Number.isInteger(step) || step < 1 || tooMany !== undefined) throw invalid(schedule, `"${item}" has no step`);
  if (range === '*') return { first: spec.min, last: spec.max, step };
  const [from = '', to, rest] = range.split('-');
  if (rest !== undefined) throw invalid(schedule, `"${item}" is no range`);
  const first = parseValue(from, spec, schedule);
  const open = stepText === undefined ? first : spec.max;
  const last = to === undefined ? open : parseValue(to, spec, schedule);
  if (last < first) throw invalid(schedule, `the range "${item}" runs backwards`);
  return { first, last, step };
}

function parseValue(text: string, spec: FieldSpec, schedule: string): number {
  if (/^[a-z]{3,}$/i.test(text) && spec.names) {
    const index = spec.names.findIndex((name) => name.startsWith(text.toLowerCase()));
    if (index >= 0) return index + spec.min;
  }
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < spec.min || value > spec.max) {
    throw invalid(schedule, `"${text}" is no ${spec.name}`);
  }
  return value;
}

function invalid(schedule: string, why: string): StartFailure {
  return new StartFailure(`the schedule "${schedule}" is not valid: ${why}`, 'Correct it');
}
