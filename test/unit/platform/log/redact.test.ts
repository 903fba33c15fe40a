import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MASK, redact, redactText } from '../../../../shared/platform/log/redact.ts';

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

const TEXTS: [string, string][] = [
  ['Server=db;User ID=sa;Password=hunter2;Encrypt=true', `Server=db;User ID=sa;Password=${MASK};Encrypt=true`],
  ['Server=db;PWD = "a;""b" ;Database=d', `Server=db;PWD = ${MASK};Database=d`],
  ["Password='it''s; mine';Database=d", `Password=${MASK};Database=d`],
  ['Pwd={a;b}}c};Database=d', `Pwd=${MASK};Database=d`],
  ['AccountName=a;AccountKey=bm90IGEga2V5==;EndpointSuffix=x', `AccountName=a;AccountKey=${MASK};EndpointSuffix=x`],
  [
    'Endpoint=sb://n.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=a2V5+/=',
    `Endpoint=sb://n.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=${MASK}`,
  ],
  ['postgres://freshet:p@ss:w0rd@127.0.0.1:5432/db', `postgres://freshet:${MASK}@127.0.0.1:5432/db`],
  [
    'GET https://a.blob.core.windows.net/c?sv=2024&sig=ab%2Fc%3D&se=x failed',
    `GET https://a.blob.core.windows.net/c?sv=2024&sig=${MASK}&se=x failed`,
  ],
  [
    'SharedAccessSignature sr=sb%3A%2F%2Fn&sig=abc%3D&se=1&skn=Root',
    `SharedAccessSignature sr=sb%3A%2F%2Fn&sig=${MASK}&se=1&skn=Root`,
  ],
  ['url=https%3A%2F%2Fa%3Fsv%3D1%26sig%3Dabc', `url=https%3A%2F%2Fa%3Fsv%3D1%26sig%3D${MASK}`],
  ['Authorization: Bearer abc.def-ghi_jkl', `Authorization: Bearer ${MASK}`],
  ['authorization: basic dXNlcjpwYXNz', `authorization: basic ${MASK}`],
  [`the token ${JWT} has expired`, `the token ${MASK} has expired`],
  ['{"client_secret": "a\\"b", "scope":"s"}', `{"client_secret": "${MASK}", "scope":"s"}`],
];

const HARMLESS = [
  'connect ECONNREFUSED 127.0.0.1:10000',
  'https://contoso.crm.dynamics.com/api/data/v9.2/contacts?$select=name',
  'https://127.0.0.1:7071/a@b',
  'The setting FRESHET_ISSUER cannot be used: it is missing.',
  "Login failed for user 'sa'. Reason: Password did not match",
  'design=flat; signature of the method',
];

describe('redactText', () => {
  it.each(TEXTS)('%j', (text, masked) => expect(redactText(text)).toBe(masked));

  it.each(HARMLESS)('leaves %j as it is', (text) => expect(redactText(text)).toBe(text));

  it.each(TEXTS)('changes nothing more the second time: %j', (_, masked) => expect(redactText(masked)).toBe(masked));

  it('a password never shows, however a connection string quotes it', () => {
    const password = fc.string({ minLength: 6, unit: 'grapheme-ascii' }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(password, fc.constantFrom('Password', 'pwd', 'AccountKey', 'SharedAccessKey'), (secret, key) => {
        const shown = redactText(`Server=s;${key}="${secret.replaceAll('"', '""')}";Database=d`);
        expect(shown).toBe(`Server=s;${key}=${MASK};Database=d`);
      }),
    );
  });

  it('is quick on long texts', () => {
    const started = performance.now();
    for (const unit of ['a', '"', 'password=', 'https://', 'eyJ', "'", 'a:', ' ']) redactText(unit.repeat(20_000));
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('redact', () => {
  it('masks texts whose name says what they are', () => {
    const names = [
      'password',
      'destinationConnectionString',
      'token',
      'access_token',
      'clientSecret',
      'Authorization',
      'sas',
    ];
    const fields = Object.fromEntries(names.map((name) => [name, 'anything']));
    expect(Object.values(redact(fields))).toEqual(names.map(() => MASK));
  });

  it('masks secrets inside other texts, and leaves everything else', () => {
    expect(redact({ reason: 'Password=x;', rows: 5, done: true, none: null, tokens: 12, page: 'p1' })).toEqual({
      reason: `Password=${MASK};`,
      rows: 5,
      done: true,
      none: null,
      tokens: 12,
      page: 'p1',
    });
  });
});
