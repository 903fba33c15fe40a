import { describe, expect, it } from 'vitest';
import { differing, rowsIn } from '../../chaos/sandbox.ts';

const some = new Map([
  ['dbo.a', { rows: 2, checksum: '17' }],
  ['dbo.b', { rows: 0, checksum: '0' }],
]);

describe('the contents of databases', () => {
  it('are the same only table by table, in rows and in values', () => {
    expect(differing(some, new Map(some))).toEqual([]);
    expect(differing(some, new Map(some).set('dbo.a', { rows: 2, checksum: '18' }))).toEqual(['dbo.a']);
    expect(differing(some, new Map(some).set('dbo.b', { rows: 1, checksum: '0' }))).toEqual(['dbo.b']);
  });

  it('differ where only one of them has a table, be it an empty one', () => {
    const less = new Map([...some].slice(0, 1));
    expect([differing(some, less), differing(less, some)]).toEqual([['dbo.b'], ['dbo.b']]);
  });

  it('are counted over all tables', () => {
    expect(rowsIn(some)).toBe(2);
  });
});
