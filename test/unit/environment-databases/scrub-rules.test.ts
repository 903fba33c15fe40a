import { describe, expect, it } from 'vitest';
import {
  columnsWithoutRule,
  parseScrubRules,
  type ScrubRule,
} from '../../../shared/environment-databases/scrub-rules.ts';
import { DEFAULT_RULES } from '../../../shared/refresh/default-rules.ts';

const runningJobs = { table: 'BatchJob', name: 'CAPTION', where: [{ column: 'STATUS', op: '=', value: 2 }] };
const file = (...rules: unknown[]) => ({ version: 1, unknownColumns: 'allow', runningJobs, rules });
const rule = (rest: object) => ({ id: 'a-rule', title: 'A rule', table: 'CustTable', ...rest });

describe('a file of scrub rules', () => {
  it('is taken as it is when it is well', () => {
    const rules = file(
      rule({ action: 'delete', where: [{ column: 'A', op: 'notLike', value: '%@%', ignoreCase: true }] }),
      rule({ id: 'mask', action: 'mask', column: 'NAME', mask: 'fake', seed: 'seed', optional: true }),
      rule({ id: 'keep', action: 'keep', table: '*' }),
    );
    expect(parseScrubRules(rules)).toEqual(rules);
    expect(parseScrubRules(JSON.parse(JSON.stringify(DEFAULT_RULES)))).toEqual(DEFAULT_RULES);
  });

  it.each([
    ['no rules at all', {}],
    ['another version', { ...file(), version: 2 }],
    ['a policy that is none', { ...file(), unknownColumns: 'maybe' }],
    ['an action that is none', file(rule({ action: 'drop' }))],
    ['a set without value', file(rule({ action: 'set', column: 'A' }))],
    ['a truncate with conditions', file(rule({ action: 'truncate', where: [] }))],
    ['a mask that is none', file(rule({ action: 'mask', column: 'A', mask: 'rot13' }))],
    ['an operator that is none', file(rule({ action: 'delete', where: [{ column: 'A', op: '; --', value: 1 }] }))],
    ['in without a list', file(rule({ action: 'delete', where: [{ column: 'A', op: 'in', value: 1 }] }))],
    ['in with an empty list', file(rule({ action: 'delete', where: [{ column: 'A', op: 'in', value: [] }] }))],
    ['isNull with a value', file(rule({ action: 'delete', where: [{ column: 'A', op: 'isNull', value: 1 }] }))],
    ['an empty table', file(rule({ action: 'truncate', table: '' }))],
    ['a word too many', file(rule({ action: 'truncate', sql: 'DROP' }))],
    ['two rules with one id', file(rule({ action: 'truncate' }), rule({ action: 'truncate' }))],
  ])('is refused for %s', (_, json) => {
    expect(() => parseScrubRules(json)).toThrow(expect.objectContaining({ code: 'SCRUB_RULES_INVALID' }));
  });

  it('is refused without telling its values', () => {
    const secret = 'a value that nobody should read';
    const bad = file(rule({ action: 'set', column: 'A', value: { secret } }), rule({ action: secret }));
    expect(() => parseScrubRules(bad)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  });

  it('names each element of the document', () => {
    const elements = new Set(DEFAULT_RULES.rules.map(({ element }) => element));
    expect(elements.size).toBe(9);
    expect(DEFAULT_RULES.rules.every(({ optional, element }) => optional && element)).toBe(true);
  });
});

describe('columns that no rule knows', () => {
  const columns = [
    { schema: 'dbo', table: 'CustTable', column: 'NAME' },
    { schema: 'dbo', table: 'CustTable', column: 'RECID' },
    { schema: 'log', table: 'CustTable', column: 'NAME' },
  ];
  const unknown = (...rules: object[]) =>
    columnsWithoutRule(
      columns,
      rules.map((one) => rule(one) as ScrubRule),
    );

  it('are all of them without rules', () => {
    expect(unknown()).toEqual(['CustTable.NAME', 'CustTable.RECID', 'CustTable.NAME']);
  });

  it('are not those of a table that is emptied, but are those of one that is thinned out', () => {
    expect(unknown({ action: 'truncate' })).toEqual([]);
    expect(unknown({ action: 'delete' })).toEqual([]);
    expect(unknown({ action: 'delete', where: [{ column: 'NAME', op: 'isNull' }] })).toHaveLength(3);
  });

  it('are counted by schema where a rule names one', () => {
    expect(
      unknown({ action: 'null', table: 'LOG.custtable', column: 'name' }, { action: 'keep', column: 'recid' }),
    ).toEqual(['CustTable.NAME']);
  });
});
