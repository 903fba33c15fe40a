import { describe, expect, it } from 'vitest';
import { classify, DRIVER_TEXTS, NETWORK_CODES, SQLSTATES } from '../../../../shared/sql/postgres/classify.ts';
import { describeErrorsOfOurs } from '../errors-of-ours.ts';

const foreign = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);

/** The table of the reference (reliability.md, section 2.2), written down a second time so that a slip in one shows. */
const REFERENCE: Readonly<Record<string, string>> = {
  retry:
    '40001 40P01 55P03 55006 55000 57P03 57P01 57P02 08000 08001 08003 08004 08006 08007 40003 53000 53300 53400 58000 58030 25006',
  smaller: '53200 54000 54001 57014',
  stop: '53100 28000 28P01 3D000 3F000 42501 57P04 42P01 42703 42701 42P07 42804 54011',
  row: '22001 22003 22007 22008 22021 22P02 22P03 22P05 23502 23503 23514 23P01',
  bug: '21000 22P04 25P02 42601 42P10',
};

describe('errors of PostgreSQL', () => {
  const cases = Object.entries(REFERENCE).flatMap(([kind, states]) => states.split(' ').map((state) => [state, kind]));

  it.each(cases)('SQLSTATE %s is of class %s', (code, kind) => {
    expect(classify(foreign('words', { code })).class).toBe(kind);
  });

  it('no SQLSTATE is listed twice, and each has a source', () => {
    const states = SQLSTATES.flatMap((group) => group.states.split(' '));
    expect(new Set(states).size).toBe(states.length);
    expect(SQLSTATES.every(({ source }) => source.length > 0)).toBe(true);
  });

  it.each(NETWORK_CODES.split(' '))('%s passes by itself', (code) => {
    expect(classify(foreign('connect failed', { code })).code).toBe('DESTINATION_UNAVAILABLE');
  });

  it.each(DRIVER_TEXTS.map(({ text, code }) => [text, code]))('the driver’s text "%s" is %s', (text, code) => {
    expect(classify(foreign(text)).code).toBe(code);
  });

  it('a lost race for our own key passes; any other unique index refuses the record', () => {
    const violation = (constraint: string) => classify(foreign('duplicate key', { code: '23505', constraint })).code;
    expect(violation('EPK[dbo].[crm_account]')).toBe('DESTINATION_UNAVAILABLE');
    expect(violation('customers_own_unique')).toBe('RECORD_REFUSED');
  });

  it('a trigger that raises an exception refuses the record, and its words, which may be anybody’s, are none for logs', () => {
    const raised = classify(foreign('frozen: Ada Lovelace', { code: 'P0001' }));
    expect(raised.code).toBe('RECORD_REFUSED');
    expect(raised.message).not.toMatch(/frozen|Ada/);
    expect(raised.verbatim).toBe('frozen: Ada Lovelace');
    const where = 'PL/pgSQL function keep() line 1 at RAISE';
    const as = classify(foreign('no room for Ada', { code: '53100', where }));
    expect([as.code, as.verbatim]).toEqual(['DESTINATION_FULL', 'no room for Ada']);
    expect(as.message).not.toContain('Ada');
  });

  it('an unknown number is tried again and never blamed on a record', () => {
    expect(classify(foreign('odd', { code: 'XX999' })).class).toBe('retry');
  });

  describeErrorsOfOurs(classify);

  it('a certificate that is not trusted needs a person', () => {
    expect(classify(foreign('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })).class).toBe('stop');
    expect(classify(foreign('altname', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })).class).toBe('stop');
  });

  it('of several attempts to connect the first is told', () => {
    const attempts = new AggregateError([foreign('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' })]);
    expect(classify(attempts)).toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      values: { text: 'connect ECONNREFUSED 127.0.0.1:1' },
    });
  });

  it('the database’s words are kept, without the value that a sentence ends with', () => {
    const text = (message: string, fields: object) => classify(foreign(message, fields)).values.text;
    expect(text('invalid input syntax for type uuid: "pri"vate"', { code: '22P02' })).toBe(
      'invalid input syntax for type uuid',
    );
    expect(text('value "private" is out of range for type integer', { code: '22003' })).not.toContain('private');
    expect(text('ungültige Eingabesyntax für Typ integer: »private«', { code: '22P02' })).toBe(
      'ungültige Eingabesyntax für Typ integer',
    );
    expect(text('syntaxe en entrée invalide pour le type integer : « private »', { code: '22P02' })).not.toContain(
      'private',
    );
    expect(
      text('value too long for type character varying(5)', {
        code: '22001',
        where: 'COPY freshet_staging, line 3, column c7: "private"',
      }),
    ).toBe('value too long for type character varying(5) (column c7)');
    expect(text('null value violates not-null constraint', { code: '23502', column: 'name' })).toBe(
      'null value violates not-null constraint (column name)',
    );
    expect(text('password authentication failed for user "app"', { code: '28P01' })).toBe(
      'password authentication failed for user "app"',
    );
    expect(text('x'.repeat(5_000), { code: '42601' })).toHaveLength(1_000);
  });

  it('the whole of them is kept apart, for the customer’s own storage', () => {
    const words = `invalid input syntax for type uuid: "${'private '.repeat(500)}"`;
    const error = classify(foreign(words, { code: '22P02' }));
    expect(error.verbatim).toBe(words);
    expect(JSON.stringify([error, error.message, error.values, Object.entries(error)])).not.toContain('private');
    expect(classify(foreign('too long', { code: '22001', column: 'name' })).verbatim).toBe('too long (column name)');
  });

  it('the original is kept as the cause', () => {
    const original = foreign('words', { code: '40001' });
    expect(classify(original).cause).toBe(original);
  });
});
