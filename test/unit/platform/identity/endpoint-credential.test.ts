import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';
import { endpointCredential } from '../../../../shared/platform/identity/endpoint-credential.ts';

const URL = 'http://127.0.0.1:7088/oauth2/token';
const SCOPE = 'https://contoso.crm.dynamics.com/.default';

/** An endpoint that numbers its tokens and keeps what was asked of it. */
function endpoint(answer: (number: number) => Response) {
  const clock = new VirtualClock();
  const asked: { url: string; method: string | undefined; form: Record<string, string> }[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    asked.push({
      url: String(input),
      method: init?.method,
      form: Object.fromEntries(new URLSearchParams(String(init?.body))),
    });
    return answer(asked.length);
  };
  return { clock, asked, credential: endpointCredential({ url: URL, fetch, clock }) };
}

const token = (number: number) =>
  Response.json({ access_token: `token-${number}`, expires_in: 3_600, token_type: 'Bearer' });

describe('endpointCredential', () => {
  it('asks for a token by the client-credentials grant', async () => {
    const { clock, asked, credential } = endpoint(token);
    expect(await credential.getToken(SCOPE)).toEqual({
      token: 'token-1',
      expiresOnTimestamp: clock.now() + 3_600_000,
    });
    expect(asked).toEqual([{ url: URL, method: 'POST', form: { grant_type: 'client_credentials', scope: SCOPE } }]);
  });

  it('keeps a token until five minutes before its end', async () => {
    const { clock, credential } = endpoint(token);
    await credential.getToken(SCOPE);
    await clock.advance(54 * 60_000);
    expect((await credential.getToken([SCOPE])).token).toBe('token-1');
    await clock.advance(60_000);
    expect((await credential.getToken(SCOPE)).token).toBe('token-2');
  });

  it('keeps a short-lived token for half of its life', async () => {
    const { clock, credential } = endpoint((n) => Response.json({ access_token: `token-${n}`, expires_in: '60' }));
    await credential.getToken(SCOPE);
    await clock.advance(29_000);
    expect((await credential.getToken(SCOPE)).token).toBe('token-1');
    await clock.advance(1_000);
    expect((await credential.getToken(SCOPE)).token).toBe('token-2');
  });

  it('keeps the tokens of different scopes apart', async () => {
    const { credential } = endpoint(token);
    expect([(await credential.getToken('a')).token, (await credential.getToken('b')).token]).toEqual([
      'token-1',
      'token-2',
    ]);
  });

  it.each([
    ['refuses', () => Response.json({ error: 'invalid_scope' }, { status: 400 }), '127.0.0.1:7088 answered 400'],
    ['answers no JSON', () => new Response('<html>'), /JSON/],
    ['answers without a token', () => Response.json({ expires_in: 60 }), 'the token endpoint answered without a token'],
    ['answers without an end', () => Response.json({ access_token: 'x' }), /without a token/],
    [
      'cannot be reached',
      () => {
        throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
      },
      'connect ECONNREFUSED',
    ],
  ])('an endpoint that %s is IDENTITY_UNAVAILABLE, and is asked again', async (_, answer, reason) => {
    const { credential } = endpoint((number) => (number === 1 ? answer() : token(number)));
    await expect(credential.getToken(SCOPE)).rejects.toMatchObject({
      code: 'IDENTITY_UNAVAILABLE',
      values: { reason: typeof reason === 'string' ? reason : expect.stringMatching(reason) },
    });
    expect((await credential.getToken(SCOPE)).token).toBe('token-2');
  });
});
