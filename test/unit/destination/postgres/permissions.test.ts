import { describe, expect, it } from 'vitest';
import { PERMISSION_CODES } from '../../../../shared/destination/permissions.ts';
import { adviceOnAddress, examine } from '../../../../shared/destination/postgres/permissions.ts';
import { parseAddress } from '../../../../shared/sql/postgres/address.ts';
import type { Session } from '../../../../shared/sql/postgres/session.ts';

/** What the catalog says of a login that may do everything, in a schema that stands. */
const RIGHTS = {
  login: 'writer',
  database: 'sales',
  readOnly: false,
  connections: 100,
  createsSchemas: true,
  temporary: true,
  schemaStands: true,
  uses: true,
  creates: true,
};

/** The permissions that PostgreSQL has by another name, or by none. */
const CHECKED = ['CRTB', 'AL', 'IN', 'DL', 'SL', 'UP'];

/** A server that answers the question about the login with these rights, and knows no tables. */
function examined(rights: Partial<typeof RIGHTS> = {}) {
  const session: Session = {
    query: async <Row>(text: string) => (text.includes('current_user') ? [{ ...RIGHTS, ...rights }] : []) as Row[],
    run: async () => {},
    copy: async () => {},
  };
  return examine(session, 'dbo', [], [{ schema: 'dbo', name: 'account' }]);
}

describe('an examination of PostgreSQL', () => {
  it('makes each of the original’s 13 permissions a check, or says why it has no counterpart', async () => {
    const { permissions } = await examined();
    expect(permissions.map(({ code }) => code)).toEqual(PERMISSION_CODES);
    expect(permissions).toHaveLength(13);
    for (const { code, state, reason } of permissions) {
      expect([code, state]).toEqual([code, CHECKED.includes(code) ? 'granted' : 'not applicable']);
      expect(reason).toMatch(/^.{10,}\.$/);
    }
  });

  it('advises a larger tier where the server allows few connections, and nothing else', async () => {
    expect((await examined({ connections: 20 })).advice).toEqual([
      expect.stringMatching(/^The server allows 20 connections: a larger tier /),
    ]);
    expect((await examined({ connections: 50 })).advice).toEqual([]);
  });
});

describe('the advice on a connection string', () => {
  const advice = (mode: string) =>
    adviceOnAddress(parseAddress(`Host=db.example.com;Database=sales;Username=app;Password=word${mode}`));

  it('tells how to encrypt the connection where it may go without, and never the password', () => {
    expect(advice('')).toEqual([expect.stringMatching(/only if the server offers it.*SSL Mode=VerifyFull/)]);
    expect(advice(';SSL Mode=Disable')).toEqual([expect.stringMatching(/is not encrypted/)]);
    expect(advice(';SSL Mode=Require')).toEqual([]);
    expect(advice('').join()).not.toContain('word');
  });
});
