import { describe, expect, it } from 'vitest';
import { refusedError, type Subject } from '../../../../shared/dataverse/web-api/errors.ts';
import type { ErrorCode } from '../../../../shared/errors/register.ts';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';

const NOW = Date.UTC(2026, 0, 1);
const SECRET = 'A. Person, 1 Main Street';

function classified(
  status: number,
  code: string,
  message: string,
  kind: Subject['kind'],
  headers: Record<string, string> = {},
) {
  const body = JSON.stringify({ error: { code, message } });
  const refusal = { host: 'contoso.crm.dynamics.com', status, headers: new Headers(headers), body };
  return refusedError(refusal, { kind, entity: 'account' }, new VirtualClock(NOW));
}

describe('an answer that is no success is sorted', () => {
  it.each<[ErrorCode, number, string, string, Subject['kind']]>([
    ['SOURCE_THROTTLED', 429, '0x80072322', 'Number of requests exceeded the limit of 6000', 'rows'],
    ['SOURCE_THROTTLED', 429, '', '', 'other'],
    ['SOURCE_THROTTLED', 503, '0x80072326', 'Number of concurrent requests exceeded the limit of 52.', 'rows'],
    ['CURSOR_EXPIRED', 400, '0x80044352', 'Version stamp associated with the client has expired.', 'changes'],
    ['CURSOR_EXPIRED', 400, '0x80044352', '', 'next'],
    ['CURSOR_EXPIRED', 403, '-2147204270', '', 'changes'],
    ['CURSOR_EXPIRED', 410, '', '', 'changes'],
    ['CURSOR_EXPIRED', 400, '0x80060888', 'The delta token is not valid.', 'changes'],
    ['CURSOR_EXPIRED', 400, '0x80040203', 'The paging cookie is malformed.', 'next'],
    [
      'ATTRIBUTE_GONE',
      400,
      '0x80060888',
      "Could not find a property named 'fax' on type 'Microsoft.Dynamics.CRM.account'.",
      'rows',
    ],
    ['ATTRIBUTE_GONE', 400, '0x0', "Could not find a property named '_x_value' on type 'y'.", 'changes'],
    [
      'ATTRIBUTE_GONE',
      400,
      '0x80041103',
      "'Account' entity doesn't contain attribute with Name = 'fax' and NameMapping = 'Logical'.",
      'next',
    ],
    ['SOURCE_ADMINISTRATION_MODE', 403, '0x8004A113', 'User does not have required privileges', 'rows'],
    ['SOURCE_ADMINISTRATION_MODE', 403, '0x8004A104', 'disabled', 'definition'],
    ['SOURCE_ADMINISTRATION_MODE', 503, '0x8004B044', 'migration', 'rows'],
    ['SOURCE_FORBIDDEN', 401, '', '', 'rows'],
    ['SOURCE_FORBIDDEN', 403, '0x80040220', 'missing prvReadAccount privilege', 'rows'],
    ['SOURCE_FORBIDDEN', 400, '0x80072560', 'not a member', 'other'],
    ['ENTITY_NOT_FOUND', 404, '0x80060888', '', 'definition'],
    ['ENTITY_NOT_FOUND', 404, '0x80060888', "Resource not found for the segment 'accounts'.", 'rows'],
    ['SOURCE_UNAVAILABLE', 500, '0x80040216', 'unexpected', 'rows'],
    ['SOURCE_UNAVAILABLE', 503, '', '', 'rows'],
    ['SOURCE_UNAVAILABLE', 408, '', '', 'rows'],
    ['SOURCE_ANSWER_UNREADABLE', 400, '0x80060888', 'syntax error', 'changes'],
    ['SOURCE_ANSWER_UNREADABLE', 400, '0x80060888', "a property named 'x'", 'definition'],
    ['SOURCE_ANSWER_UNREADABLE', 302, '', '', 'rows'],
  ])('%s: %i %s "%s" (%s)', (expected, status, code, message, kind) => {
    expect(classified(status, code, message, kind).code).toBe(expected);
  });

  it('without a body', () => {
    const refusal = { host: 'h', status: 502, headers: new Headers(), body: '<html>' };
    expect(refusedError(refusal, { kind: 'rows', entity: 'account' }, new VirtualClock(NOW)).code).toBe(
      'SOURCE_UNAVAILABLE',
    );
  });
});

describe('a throttled caller is told how long to wait', () => {
  it.each([
    ['in seconds', '17', 17_000],
    ['in parts of seconds', '0.5', 500],
    ['by a date', new Date(NOW + 30_000).toUTCString(), 30_000],
    ['by a date that is past', new Date(NOW - 30_000).toUTCString(), 0],
    ['for longer than an hour', '86400', 3_600_000],
    ['not at all', '', 5_000],
    ['in other words', 'soon', 5_000],
  ])('%s', (_, header, retryAfterMs) => {
    const error = classified(429, '0x80072322', '', 'rows', header ? { 'Retry-After': header } : {});
    expect(error.values).toEqual({ host: 'contoso.crm.dynamics.com', retryAfterMs });
  });
});

describe('an error', () => {
  it.each([400, 401, 403, 404, 429, 500])(
    'of status %i keeps what support asks for and nothing of the answer',
    (status) => {
      const error = classified(status, '0x80040265', SECRET, 'rows', { 'x-ms-service-request-id': 'request-7' });
      expect(JSON.stringify([error.message, error.values, error.remedy, String(error.cause)])).not.toContain('Person');
      expect(String(error.cause)).toBe(`Error: HTTP ${status} 0x80040265, request request-7`);
    },
  );
});
