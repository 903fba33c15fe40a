import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFreshetError } from '../../shared/errors/error.ts';
import type { Secret, Secrets } from '../../shared/platform/secrets/port.ts';

export interface SecretsHarness {
  readonly secrets: Secrets;
  /** Origin of a vault that is allowed: `https://<host>:<port>`. */
  readonly vault: string;
  /** Stores a new version, which becomes the current one; gives the version's name. */
  store(name: string, secret: Secret): Promise<string>;
  stop(): Promise<void>;
}

const CONNECTION = 'Server=tcp:contoso.database.windows.net;Database=export;Password="ä;b=c"';

export function describeSecrets(name: string, make: () => Promise<SecretsHarness>): void {
  describe(`secrets: ${name}`, () => {
    let harness: SecretsHarness;
    let secrets: Secrets;
    beforeAll(async () => {
      harness = await make();
      secrets = harness.secrets;
    });
    afterAll(() => harness?.stop());

    it('a secret is read with its tags', async () => {
      const tags = { '7c2f1f0e-5d1c-4a57-9d6b-0d2f5a3f9a01': '0b8d6c5e-2f61-4a0e-8a6c-3a1c9f6d7e02' };
      await harness.store('tagged', { value: CONNECTION, tags });
      expect(await secrets.get(`${harness.vault}/secrets/tagged`)).toEqual({ value: CONNECTION, tags });
    });

    it('a secret without tags has none', async () => {
      await harness.store('plain', { value: 'v', tags: {} });
      expect(await secrets.get(`${harness.vault}/secrets/plain`)).toEqual({ value: 'v', tags: {} });
    });

    it('a slash at the end changes nothing, with a version or without', async () => {
      const version = await harness.store('slash', { value: 'v', tags: {} });
      expect((await secrets.get(`${harness.vault}/secrets/slash/`)).value).toBe('v');
      expect((await secrets.get(`${harness.vault}/secrets/slash/${version}/`)).value).toBe('v');
    });

    it('without a version the current one is read, with one that one', async () => {
      const first = await harness.store('rotated', { value: 'old', tags: { number: '1' } });
      await harness.store('rotated', { value: 'new', tags: { number: '2' } });
      expect(await secrets.get(`${harness.vault}/secrets/rotated`)).toEqual({ value: 'new', tags: { number: '2' } });
      expect(await secrets.get(`${harness.vault}/secrets/rotated/${first}`)).toEqual({
        value: 'old',
        tags: { number: '1' },
      });
    });

    it('a secret or version that is not there is SECRET_NOT_FOUND, by name', async () => {
      await harness.store('here', { value: 'v', tags: {} });
      const notFound = (name: string) => ({ code: 'SECRET_NOT_FOUND', values: { name } });
      await expect(secrets.get(`${harness.vault}/secrets/absent`)).rejects.toMatchObject(notFound('absent'));
      const version = '0123456789abcdef0123456789abcdef';
      await expect(secrets.get(`${harness.vault}/secrets/here/${version}`)).rejects.toMatchObject(notFound('here'));
    });

    it('many secrets may be read side by side', async () => {
      await harness.store('shared', { value: 'v', tags: {} });
      const reads = Array.from({ length: 10 }, () => secrets.get(`${harness.vault}/secrets/shared`));
      for (const { value } of await Promise.all(reads)) expect(value).toBe('v');
    });

    it('an address that is no allowed vault’s is VAULT_URL_REFUSED, without its password', async () => {
      const url = 'https://user:hunter2@contoso.vault.azure.net/secrets/name';
      const error = await secrets.get(url).catch((caught: unknown) => caught);
      expect(isFreshetError(error, 'VAULT_URL_REFUSED')).toBe(true);
      expect(String(error)).not.toContain('hunter2');
      await expect(secrets.get('https://127.0.0.1:1/secrets/name')).rejects.toMatchObject({
        code: 'VAULT_URL_REFUSED',
      });
    });
  });
}
