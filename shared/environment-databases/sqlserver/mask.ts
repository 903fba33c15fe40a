import { TYPES } from 'tedious';
import { quoteName } from '../../sql/sqlserver/names.ts';
import type { Session } from '../../sql/sqlserver/session.ts';
import { type StagedColumn, stage } from '../../sql/sqlserver/staging.ts';
import type { MaskRule } from '../scrub-rules.ts';
import { columnOf } from '../sql/tables.ts';
import { keyFor, type Range } from '../sql/walk.ts';
import { Places } from './places.ts';
import { BY_BYTES, ruleText } from './predicates.ts';
import type { StandingColumn, StandingTable } from './tables.ts';
import { columnText, fromText } from './types.ts';
import { inRange } from './walk.ts';

const TEXT = { type: 'nvarchar(max)', load: { type: TYPES.NVarChar, length: Number.POSITIVE_INFINITY } } as const;
/** Under names that no column of a table bears. */
export const staged = (name: string): StagedColumn => ({ name: stagedName(name), ...TEXT });
export const stagedName = (name: string): string => `freshet_${name}`;

export function mask(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  range: Range,
  maskOf: (value: string) => string,
): Promise<number> {
  const key = keyFor(table, rule);
  return key ? maskByKey(session, table, rule, { key, range, maskOf }) : maskByValue(session, table, rule, maskOf);
}

interface KeyedRange {
  readonly key: readonly StandingColumn[];
  readonly range: Range;
  readonly maskOf: (value: string) => string;
}

async function maskByKey(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  { key, range, maskOf }: KeyedRange,
): Promise<number> {
  const column = columnOf(table, rule.column);
  const places = new Places();
  const where = [...inRange(key, range, places), ruleText(table, rule, places)].join(' AND ');
  const texts = key.map((one, k) => `${columnText(one)} AS k${k}`).join(', ');
  const rows = await session.query<Record<string, string>>(
    `SELECT ${texts}, ${columnText(column)} AS value FROM ${table.relation} WHERE ${where}`,
    places.parameters,
  );
  if (rows.length === 0) return 0;
  const names = key.map((_, k) => `k${k}`);
  const masks = await stage(
    session,
    'masks',
    [...names, 'value'].map(staged),
    rows.map((row) => [...names.map((name) => row[name]), maskOf(row.value ?? '')]),
  );
  const within = new Places();
  const same = key.map(
    ({ name, type, base }, k) => `t.${quoteName(name)} = ${fromText(type, base, `m.${stagedName(`k${k}`)}`)}`,
  );
  // The range again, so that the server looks for the rows there alone.
  const bounds = inRange(key, range, within, 't.');
  await session.query(
    `${masks.prelude}UPDATE t SET ${quoteName(column.name)} = ${fromText(column.type, column.base, `m.${stagedName('value')}`)}
FROM ${table.relation} t JOIN ${masks.table} m ON ${same.join(' AND ')}${bounds.length > 0 ? ` WHERE ${bounds.join(' AND ')}` : ''}`,
    { ...masks.parameters, ...within.parameters },
  );
  return rows.length;
}

/** Without a key equal rows cannot be told apart, and need not be: equal values have equal masks. One statement, so no mask is masked. */
async function maskByValue(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  maskOf: (value: string) => string,
): Promise<number> {
  const column = columnOf(table, rule.column);
  const places = new Places();
  const where = ruleText(table, rule, places);
  const value = `${columnText(column)} ${BY_BYTES}`;
  const rows = await session.query<{ value: string; n: number | string }>(
    `SELECT ${value} AS value, COUNT_BIG(*) AS n FROM ${table.relation} WHERE ${where} GROUP BY ${value}`,
    places.parameters,
  );
  if (rows.length === 0) return 0;
  const masks = await stage(
    session,
    'masks',
    ['old', 'value'].map(staged),
    rows.map((row) => [row.value, maskOf(row.value)]),
  );
  const again = new Places();
  await session.query(
    `${masks.prelude}UPDATE t SET ${quoteName(column.name)} = ${fromText(column.type, column.base, `m.${stagedName('value')}`)}
FROM ${table.relation} t JOIN ${masks.table} m ON ${value} + N'.' = m.${stagedName('old')} ${BY_BYTES} + N'.' WHERE ${ruleText(table, rule, again)}`,
    { ...masks.parameters, ...again.parameters },
  );
  return rows.reduce((sum, { n }) => sum + Number(n), 0);
}
