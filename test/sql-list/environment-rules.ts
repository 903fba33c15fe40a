import type { Condition, RunningJobsQuery, ScrubRule } from '../../shared/environment-databases/scrub-rules.ts';
import { columnOf, TYPES, tableNames, textColumn } from './environment-facts.ts';

/** Rules of every action, on tables with every kind of key and columns of every type. */

/** No mask fits the rest. */
const MASKED: readonly string[] = [
  ...['tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'uniqueidentifier'],
  ...['char', 'varchar', 'nchar', 'nvarchar', 'text', 'ntext', 'sysname'],
];

/** Every operator, with the letter case heeded and not. */
function conditionsOn(column: string, value: string): Condition[] {
  const cases = [{}, { ignoreCase: true as const }];
  return [
    ...cases.flatMap((letters): Condition[] => [
      { column, op: '=', value, ...letters },
      { column, op: '<>', value: true, ...letters },
      { column, op: 'in', value: [value, 7, 0.5], ...letters },
      { column, op: 'notIn', value: [value, ''], ...letters },
      { column, op: 'like', value: '%x[_', ...letters },
      { column, op: 'notLike', value, ...letters },
    ]),
    { column, op: 'isNull' },
    { column, op: 'notNull' },
  ];
}

export function rulesOf(name: string): ScrubRule[] {
  const { everyType, ...others } = tableNames(name);
  const rules = [
    ...Object.values(others).flatMap((table) => rulesOn(table, textColumn(name))),
    ...TYPES.flatMap((type) => rulesOfType(everyType, type, columnOf(name, type))),
  ];
  return rules.map((rule, k): ScrubRule => ({ ...rule, id: `rule-${k + 1}` }));
}

function rulesOn(table: string, column: string): ScrubRule[] {
  const base = { id: '', title: 'A rule', table };
  const where: Condition[] = [{ column, op: 'notNull' }];
  return [
    { ...base, action: 'delete' },
    { ...base, action: 'delete', where: conditionsOn(column, 'x') },
    { ...base, action: 'truncate' },
    { ...base, action: 'set', column, value: 'x', where },
    { ...base, action: 'null', column },
    ...(['keepFormat', 'hash', 'fake'] as const).map(
      (mask): ScrubRule => ({
        ...base,
        action: 'mask',
        column,
        mask,
        where,
        ...(mask === 'hash' ? { seed: 's' } : {}),
      }),
    ),
    { ...base, action: 'keep', column },
  ];
}

function rulesOfType(table: string, type: string, column: string): ScrubRule[] {
  const base = { id: '', title: 'A rule', table, column };
  return [
    { ...base, action: 'set', value: '7', where: conditionsOn(column, '7') },
    { ...base, action: 'null' },
    ...(MASKED.includes(type) ? [{ ...base, action: 'mask' as const, mask: 'keepFormat' as const }] : []),
  ];
}

export function jobsOf(name: string): RunningJobsQuery {
  return { table: tableNames(name).oneColumn, name: 'RECID', where: conditionsOn(textColumn(name), 'x') };
}
