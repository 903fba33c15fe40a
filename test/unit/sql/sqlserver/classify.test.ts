import { describe, expect, it } from 'vitest';
import { classify, DRIVER_CODES, NUMBERS } from '../../../../shared/sql/sqlserver/classify.ts';
import { describeErrorsOfOurs } from '../errors-of-ours.ts';

const foreign = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);

/** Babelfish's number for whatever of PostgreSQL's it has no other for. */
const UNMAPPED = 33_557_097;

/**
 * The table of the reference (reliability.md, section 2.1), written down a second time so that a slip in one shows. Not of it: 3906,
 * which a replica answers after a failover, passes by itself here.
 */
const REFERENCE: Readonly<Record<string, string>> = {
  retry:
    '4060 40197 40501 40613 49918 49919 49920 4221 926 615 10928 10929 10936 40143 40540 10930 40642 40648 40671 40675 40903 42108 42109 921 927 941 952 988 3947 3948 17197 18401 20 64 121 997 10053 10054 10060 11001 1205 1204 1222 1203 1221 3960 3966 8628 8645 8651 601 617 669 2021 2816 41301 41302 41305 41325 41839 3906',
  smaller: '40549 40550 40551 40552 40553 8623',
  stop: '40544 1132 9002 1105 1101 18456 40531 40615 229 230 262 297 300 208 207 213 2714 2705 2760 916 4064 18452 18487 18488 40532 40914',
  row: '2628 2629 8152 511 515 547 233 220 232 241 242 244 245 248 8114 8115 8169 8023 8028 8061 8062 4815',
  bug: '8003 8144 102 156',
};

describe('errors of SQL Server', () => {
  const cases = Object.entries(REFERENCE).flatMap(([kind, all]) =>
    all.split(' ').map((number) => [Number(number), kind] as const),
  );

  it.each(cases)('%i is of class %s', (number, kind) => {
    expect(classify(foreign('words', { code: 'EREQUEST', number })).class).toBe(kind);
  });

  it('no number is listed twice, and each has a source', () => {
    const numbers = NUMBERS.flatMap((group) => group.numbers.split(' '));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(NUMBERS.every(({ source }) => source.length > 0)).toBe(true);
  });

  it.each(DRIVER_CODES.flatMap(({ names, code }) => names.split(' ').map((name) => [name, code] as const)))(
    'the driver’s %s is %s',
    (name, code) => {
      expect(classify(foreign('words', { code: name })).code).toBe(code);
    },
  );

  it('a lost race for our own key passes, in whatever case its name is told; any other unique index refuses the record', () => {
    const violation = (constraint: string, number = 2627) =>
      classify(foreign(`Violation of PRIMARY KEY constraint '${constraint}'.`, { number })).code;
    expect(violation('EPK[dbo].[crm_account]')).toBe('DESTINATION_UNAVAILABLE');
    expect(violation('epk[dbo].[crm_account]')).toBe('DESTINATION_UNAVAILABLE');
    expect(violation('customers_own_unique')).toBe('RECORD_REFUSED');
    expect(violation('customers_own_unique', 2601)).toBe('RECORD_REFUSED');
  });

  it('what a trigger raises refuses the record, and its words, which may be anybody’s, are none for logs', () => {
    const raised = classify(foreign('frozen: Ada Lovelace', { number: 50_000 }));
    expect(raised.code).toBe('RECORD_REFUSED');
    expect(raised.message).not.toMatch(/frozen|Ada/);
    expect(raised.verbatim).toBe('frozen: Ada Lovelace');
  });

  it('of a server that tells PostgreSQL’s words under one number, the words decide', () => {
    const code = (text: string) => classify(foreign(text, { number: UNMAPPED })).code;
    expect(code('new row for relation "account" violates check constraint "x"')).toBe('RECORD_REFUSED');
    expect(code('relation "account" does not exist')).toBe('DESTINATION_SCHEMA_CHANGED');
    expect(code('permission denied for table account')).toBe('DESTINATION_FORBIDDEN');
    expect(code('could not extend file "base/1": No space left on device')).toBe('DESTINATION_FULL');
    expect(
      code('The incoming tabular data stream (TDS) Bulk Load Request (BulkLoadBCP) protocol stream is incorrect.'),
    ).toBe('DESTINATION_BATCH_TOO_LARGE');
    expect(code('something new')).toBe('DESTINATION_UNAVAILABLE');
  });

  it('of several errors of one statement the first is told', () => {
    const both = foreign('', {
      errors: [foreign('too long', { number: 2628 }), foreign('terminated', { number: 3621 })],
    });
    expect(classify(both)).toMatchObject({ code: 'RECORD_REFUSED', values: { text: 'too long', number: 2628 } });
  });

  it('an unknown number is tried again and never blamed on a record', () => {
    expect(classify(foreign('odd', { number: 49_000 })).class).toBe('retry');
  });

  describeErrorsOfOurs(classify);

  it('a certificate that is not trusted needs a person', () => {
    const cause = foreign('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(classify(foreign('Failed to connect', { code: 'ESOCKET', cause })).class).toBe('stop');
  });

  it('the database’s words are kept, without the value that it quotes', () => {
    const text = (message: string, number: number) => classify(foreign(message, { number })).values.text;
    const cut = text("String or binary data would be truncated. Truncated value: 'private'.", 2628);
    expect(cut).toContain('would be truncated');
    expect(cut).not.toContain('private');
    expect(text('Cannot insert duplicate key. The duplicate key value is (private).', 2601)).not.toContain('private');
  });
});
