import { describe, expect, it } from 'vitest';
import { reasonOf, statusOf } from '../../../shared/platform/reason.ts';

const failed = (message: string, details: object = {}) => Object.assign(new Error(message), details);

describe('reasonOf', () => {
  it('is the first line, without the full stop', () => {
    expect(reasonOf(failed('It failed.\nRequestId:1\nTime:2'))).toBe('It failed');
  });

  it('names status and code where the text does not', () => {
    expect(reasonOf(failed('Not allowed.', { statusCode: 403, code: 'AuthorizationFailure' }))).toBe(
      '403 AuthorizationFailure Not allowed',
    );
    expect(reasonOf(failed('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' }))).toBe(
      'connect ECONNREFUSED 127.0.0.1:1',
    );
  });

  it('of several tries it tells the last', () => {
    const last = new AggregateError([failed('no route'), failed('refused')]);
    expect(reasonOf(new AggregateError([failed('first'), last]))).toBe('refused');
  });

  it('looks behind fetch’s "fetch failed"', () => {
    expect(reasonOf(new TypeError('fetch failed', { cause: failed('connect ECONNREFUSED') }))).toBe(
      'connect ECONNREFUSED',
    );
  });

  it('holds no secret and stays short', () => {
    expect(reasonOf(failed('cannot use Password=hunter2'))).not.toContain('hunter2');
    expect(reasonOf(failed('x'.repeat(5_000))).length).toBeLessThanOrEqual(200);
  });

  it('makes something of whatever was thrown', () => {
    expect(reasonOf('a text')).toBe('a text');
    expect(reasonOf(undefined)).toBe('undefined');
    expect(reasonOf(new AggregateError([], 'nothing tried'))).toBe('nothing tried');
    expect(reasonOf({ code: 'E1' })).toBe('E1');
  });
});

describe('statusOf', () => {
  it('is the HTTP status that a library’s error carries, if any', () => {
    expect([statusOf(failed('x', { statusCode: 404 })), statusOf(failed('x')), statusOf(null)]).toEqual([
      404,
      undefined,
      undefined,
    ]);
  });
});
