import { describe, expect, it } from 'vitest';
import type { Column } from '../../../../shared/dataverse/columns.ts';
import { createEntityTable, widen } from '../../../../shared/destination/postgres/ddl.ts';
import { definitions } from '../../../../shared/destination/postgres/definitions.ts';
import { columnType, tableNames } from '../../../../shared/destination/postgres/dialect.ts';
import { alterationsOf } from '../../../../shared/destination/sql/alterations.ts';

const TABLE = { schema: 'dbo', name: 'crm_account' };
const column = (name: string, type: Column['type'], rest: Partial<Column> = {}): Column => ({
  name,
  type,
  attribute: name,
  ...rest,
});
const OWN = [
  ['id', 'uuid'],
  ['sinkcreatedon', 'timestamp(3) without time zone'],
  ['sinkmodifiedon', 'timestamp(3) without time zone'],
] as const;
const standing = (...columns: (readonly [string, string])[]) => ({
  isTable: true,
  hasKey: true,
  columns: new Map([...OWN, ...columns]),
});

describe('definitions', () => {
  it.each([
    [column('x', 'uuid'), 'uuid'],
    [column('x', 'int'), 'integer'],
    [column('x', 'bigint'), 'bigint'],
    [column('x', 'bit'), 'boolean'],
    [column('x', 'decimal', { scale: 4 }), 'numeric(38,4)'],
    [column('x', 'datetime'), 'timestamp(3)'],
    [column('x', 'string', { length: 160 }), 'varchar(160)'],
    [column('x', 'text'), 'text'],
  ])('%j is of type %s', (of, type) => expect(columnType(of)).toBe(type));

  it('a table’s key is named like the original’s', () => {
    expect(createEntityTable(TABLE, [])).toContain(
      '"id" uuid NOT NULL CONSTRAINT "EPK[dbo].[crm_account]" PRIMARY KEY',
    );
  });

  it('names are the prefix, an underscore and the entity, or the entity alone', () => {
    const names = (prefix: string) => tableNames({ profileId: 'p', schema: 'DBO', prefix }).entity('Account');
    expect(names('CRM')).toEqual({ schema: 'dbo', name: 'crm_account' });
    expect(names('')).toEqual({ schema: 'dbo', name: 'account' });
  });

  it.each([
    ['character varying(5)', 'varchar(9)', 'varchar(9)'],
    ['character varying(9)', 'varchar(5)', null],
    ['character varying(5)', 'text', 'text'],
    ['text', 'varchar(5)', null],
    ['character varying', 'varchar(5)', null],
    ['integer', 'bigint', 'bigint'],
    ['bigint', 'integer', null],
    ['numeric(38,2)', 'numeric(38,4)', 'numeric(38,4)'],
    ['numeric(38,4)', 'numeric(38,2)', null],
    ['numeric(20,5)', 'numeric(38,2)', 'numeric(38,5)'],
    ['numeric', 'numeric(38,2)', null],
    ['timestamp(3) without time zone', 'timestamp(3)', null],
    ['timestamp without time zone', 'timestamp(3)', null],
    ['timestamp(0) without time zone', 'timestamp(3)', 'timestamp(3)'],
    ['timestamp(3) with time zone', 'timestamp(3)', 'incompatible'],
    ['uuid', 'uuid', null],
    ['uuid', 'text', 'incompatible'],
    ['integer', 'varchar(5)', 'incompatible'],
    ['integer', 'numeric(38,2)', 'incompatible'],
    ['boolean', 'integer', 'incompatible'],
    ['character varying(5)[]', 'varchar(5)', 'incompatible'],
    ['"Odd Type"', 'text', 'incompatible'],
  ])('from %s to %s: %s', (held, wanted, change) => expect(widen(held, wanted)).toBe(change));

  it('one statement adds or widens one column, and a fitting table needs none', () => {
    const columns = [column('a', 'string', { length: 9 }), column('b', 'int'), column('c', 'text')];
    expect(alterationsOf(definitions, TABLE, standing(['a', 'character varying(5)'], ['c', 'text']), columns)).toEqual([
      { statement: 'ALTER TABLE "dbo"."crm_account" ALTER COLUMN "a" TYPE varchar(9)', widens: 'a' },
      { statement: 'ALTER TABLE "dbo"."crm_account" ADD COLUMN "b" integer', widens: null },
    ]);
    const fitting = standing(['a', 'character varying(9)'], ['b', 'bigint'], ['c', 'text'], ['gone', 'uuid']);
    expect(alterationsOf(definitions, TABLE, fitting, columns)).toEqual([]);
  });

  it('a column of another type is set aside under the first free name', () => {
    const alterations = alterationsOf(definitions, TABLE, standing(['a', 'uuid'], ['a_was', 'text']), [
      column('a', 'int'),
    ]);
    expect(alterations.map(({ statement }) => statement)).toEqual([
      'ALTER TABLE "dbo"."crm_account" RENAME COLUMN "a" TO "a_was2"',
      'ALTER TABLE "dbo"."crm_account" ADD COLUMN "a" integer',
    ]);
  });

  it('what is wrong with the table itself is named', () => {
    const odd = { ...standing(), columns: new Map([...OWN.slice(1), ['id', 'text'] as const]) };
    expect(() => alterationsOf(definitions, TABLE, odd, [])).toThrow(/column id of table crm_account is text/);
    expect(() => alterationsOf(definitions, TABLE, { ...standing(), hasKey: false }, [])).toThrow(/key/);
    expect(() => alterationsOf(definitions, TABLE, { ...standing(), isTable: false }, [])).toThrow(/no table/);
  });
});
