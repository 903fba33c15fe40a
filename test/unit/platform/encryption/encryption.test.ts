import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FreshetError } from '../../../../shared/errors/error.ts';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';
import { noEncryption } from '../../../../shared/platform/encryption/none.ts';
import { VaultKeys } from '../../../../shared/platform/encryption/vault-keys.ts';
import type { Secrets } from '../../../../shared/platform/secrets/port.ts';

const MINUTE = 60_000;
const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const text = (content: Uint8Array | null) => content && Buffer.from(content).toString();
const CONTENT = Buffer.from('{"rows":[["a row"]]}');

/** Keys named a, b, …, each a secret of that name. */
function vault(values: Record<string, string>) {
  const asked: string[] = [];
  const state = { down: false };
  const secrets = {
    async get(url: string) {
      asked.push(url);
      const value = values[url];
      if (state.down) throw new FreshetError('VAULT_UNAVAILABLE', { host: 'vault', reason: 'no answer' });
      if (value === undefined) throw new FreshetError('SECRET_NOT_FOUND', { name: url });
      return { value, tags: {} };
    },
  } as Secrets;
  const clock = new VirtualClock();
  const open = (...urls: string[]) => new VaultKeys({ urls, secrets, clock });
  return { values, asked, state, clock, open };
}

describe('encryption with keys of a vault', () => {
  it('gives back what it was given, and shows nothing of it', async () => {
    const keys = vault({ a: key(1) }).open('a');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (content) => {
        const sealed = await keys.seal(content);
        expect(Buffer.from((await keys.open(sealed)) ?? []).equals(content)).toBe(true);
        expect(content.length > 8 && Buffer.from(sealed).includes(Buffer.from(content))).toBe(false);
      }),
    );
  });

  it('seals the same content otherwise each time', async () => {
    const keys = vault({ a: key(1) }).open('a');
    expect(await keys.seal(CONTENT)).not.toEqual(await keys.seal(CONTENT));
  });

  it('opens nothing that was altered, at any place, or cut', async () => {
    const keys = vault({ a: key(1) }).open('a');
    const sealed = await keys.seal(CONTENT);
    for (let at = 4; at < sealed.length; at++) {
      const altered = Uint8Array.from(sealed, (byte, k) => (k === at ? byte ^ 1 : byte));
      expect(await keys.open(altered)).toBeNull();
    }
    expect(await keys.open(sealed.subarray(0, -1))).toBeNull();
  });

  it('opens what was kept before a key was configured', async () => {
    expect(
      text(
        await vault({ a: key(1) })
          .open('a')
          .open(CONTENT),
      ),
    ).toBe(text(CONTENT));
  });

  it('opens what any of its keys has sealed, and seals with the first', async () => {
    const { open } = vault({ a: key(1), b: key(2) });
    const old = await open('a').seal(CONTENT);
    expect(text(await open('b', 'a').open(old))).toBe(text(CONTENT));
    expect(await open('b').open(old)).toBeNull();
    expect(text(await open('b').open(await open('b', 'a').seal(CONTENT)))).toBe(text(CONTENT));
  });

  it('asks the vault once, and again after a minute for a key that it does not know', async () => {
    const { values, asked, clock, open } = vault({ a: key(1) });
    const keys = open('a');
    await Promise.all([keys.seal(CONTENT), keys.seal(CONTENT)]);
    values.a = key(2);
    const bySomebodyElse = await open('a').seal(CONTENT);
    asked.length = 0;
    expect(await keys.open(bySomebodyElse)).toBeNull();
    expect(asked).toEqual([]);
    await clock.advance(MINUTE);
    expect(text(await keys.open(bySomebodyElse))).toBe(text(CONTENT));
    await keys.seal(CONTENT);
    expect(asked).toEqual(['a']);
  });

  it('says when the vault is away, and goes on when it is back', async () => {
    const { state, open } = vault({ a: key(1) });
    const keys = open('a');
    state.down = true;
    await expect(keys.seal(CONTENT)).rejects.toMatchObject({ code: 'DATA_KEY_UNAVAILABLE', class: 'retry' });
    state.down = false;
    expect(text(await keys.open(await keys.seal(CONTENT)))).toBe(text(CONTENT));
  });

  it.each([
    ['too short', Buffer.alloc(31).toString('base64')],
    ['too long', Buffer.alloc(33).toString('base64')],
    ['not base64', 'geheim'.repeat(8)],
    ['empty', ''],
  ])('refuses a secret that is %s, without repeating it', async (_, value) => {
    const sealing = vault({ a: value }).open('a').seal(CONTENT);
    const reason = 'a secret is not 32 bytes in base64';
    await expect(sealing).rejects.toMatchObject({ code: 'DATA_KEY_UNAVAILABLE', values: { reason } });
  });
});

describe('without a key', () => {
  it('content stays as it is, and what was sealed once cannot be opened', async () => {
    expect(await noEncryption.seal(CONTENT)).toBe(CONTENT);
    expect(await noEncryption.open(CONTENT)).toBe(CONTENT);
    expect(
      await noEncryption.open(
        await vault({ a: key(1) })
          .open('a')
          .seal(CONTENT),
      ),
    ).toBeNull();
  });
});
