import { quoteName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import type { MaskRule } from '../scrub-rules.ts';
import { columnOf } from '../sql/tables.ts';
import { keyFor, type Range } from '../sql/walk.ts';
import { Parameters, ruleText } from './predicates.ts';
import type { StandingTable } from './tables.ts';
import { inRange } from './walk.ts';

/** Rows of a mask in memory at once. */
const MASKED_AT_ONCE = 5_000;

/** Without a key a row is told by its place, which holds within the transaction that nobody disturbs. */
const PLACE = [
  { name: 'tableoid', type: 'oid' },
  { name: 'ctid', type: 'tid' },
] as const;

export async function mask(
  session: Session,
  table: StandingTable,
  rule: MaskRule,
  range: Range,
  maskOf: (value: string) => string,
): Promise<number> {
  const { name, type } = columnOf(table, rule.column);
  const column = quoteName(name);
  const key = keyFor(table, rule) ?? PLACE;
  const parameters = new Parameters();
  const where = [...inRange(table, rule, range, parameters), ruleText(table, rule, parameters)].join(' AND ');
  const texts = key.map((one) => `${quoteName(one.name)}::text`).join(', ');
  await session.query(
    `DECLARE unmasked NO SCROLL CURSOR FOR SELECT ARRAY[${texts}] AS key, ${column}::text AS value FROM ${table.relation} WHERE ${where}`,
    parameters.values,
  );
  const same = key.map((one, k) => `t.${quoteName(one.name)} = m.key${k}::${one.type}`).join(' AND ');
  const names = key.map((_, k) => `key${k}`).join(', ');
  const lists = key.map((_, k) => `$${k + 2}::text[]`).join(', ');
  let rows = 0;
  for (;;) {
    const some = await session.query<{ key: string[]; value: string }>(`FETCH ${MASKED_AT_ONCE} FROM unmasked`);
    if (some.length === 0) break;
    await session.query(
      `UPDATE ${table.relation} t SET ${column} = m.value::${type} FROM unnest($1::text[], ${lists}) m (value, ${names}) WHERE ${same}`,
      [some.map(({ value }) => maskOf(value)), ...key.map((_, k) => some.map((row) => row.key[k]))],
    );
    rows += some.length;
  }
  await session.query('CLOSE unmasked');
  return rows;
}
