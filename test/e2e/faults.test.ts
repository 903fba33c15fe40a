import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statuses } from '../../local/client/sync-progress.ts';
import { trustedVault } from '../../local/client/trusted-vault.ts';
import { type Onlooker, onlookerOf } from '../../local/databases/onlooker.ts';
import { placeOf, reachedThrough } from '../../local/databases/server.ts';
import { TcpProxy } from '../../local/support/tcp-proxy.ts';
import { until } from '../../local/support/until.ts';
import { activeProfile, startInstallation, type TestInstallation } from '../support/installation.ts';

const ENTITIES = ['account', 'contact', 'contactleads'];
const CHANGES_PER_S = 100;
/** Leases and messages that a killed process held are free after half a minute. */
const HEALED_WITHIN_MS = 100_000;

let test: TestInstallation;
let proxy: TcpProxy;
let second: Onlooker;

/** Two profiles: one to the local destination, one through a proxy to a database of its own. */
beforeAll(async () => {
  test = await startInstallation({ FRESHET_PROBE_INTERVAL_S: '3' });
  const { addresses } = test.installation;
  await test.organization.command('seed', { rows: 600 });
  const direct = await test.installation.createDatabase('second');
  second = onlookerOf(direct);
  proxy = await TcpProxy.before(placeOf(direct));
  const vault = trustedVault(addresses);
  const secret = await vault.setSecret('second', reachedThrough(direct, proxy.port), {
    tags: { [test.organizationId]: test.tenantId },
  });
  await activeProfile(test, ENTITIES);
  await activeProfile(test, ENTITIES, { Name: 'second', DestinationKeyVaultUri: secret.properties.id });
  expect(await test.reconciled(ENTITIES, 60_000)).toEqual([]);
  expect(await test.reconciled(ENTITIES, 60_000, second)).toEqual([]);
});

afterAll(async () => {
  await second.end();
  await proxy.close();
  await test.stop();
});

const stream = (count: number) =>
  test.organization.command('startStream', {
    rate: CHANGES_PER_S,
    count,
    entities: ['account', 'contact'],
    seed: count,
  });
/** Also asked while the organization itself is down. */
const streamOf = async () => (await test.organization.status().catch(() => null))?.stream;
const issued = async () => (await streamOf())?.issued ?? 0;
const streamDone = () => until(async () => (await streamOf())?.done ?? false, 60_000);

async function profileNamed(name: string) {
  const profile = (await test.client.listProfiles()).find(({ Name }) => Name.startsWith(name));
  return test.client.status(profile?.Id ?? '');
}

describe('a destination that hangs', () => {
  it('holds up its own profile only, says so, and catches up by itself', async () => {
    proxy.freeze();
    await stream(300);
    expect(await streamDone()).toBe(true);
    expect(await test.reconciled(ENTITIES, 10_000)).toEqual([]);
    const lags = statuses(await profileNamed('of')).flatMap(({ LagInMilliseconds }) => LagInMilliseconds ?? []);
    expect(Math.max(...lags)).toBeLessThan(5_000);
    const waits = async () => (await profileNamed('second')).Status?.ExportStatus === 'Waiting';
    expect(await until(waits, 60_000)).toBe(true);
    expect((await profileNamed('second')).Status?.ErrorDetails).toMatchObject({ Code: 'DESTINATION_UNAVAILABLE' });
    proxy.thaw();
    expect(await test.reconciled(ENTITIES, 60_000, second)).toEqual([]);
    expect((await profileNamed('second')).Status?.FailureNotifications).toBe(0);
  });
});

describe('kill -9 of any part while changes arrive', () => {
  it('loses nothing and doubles nothing', async () => {
    await stream(2_000);
    for (const part of [
      'functions',
      'dataverse',
      'service-bus',
      'postgres',
      'azurite',
      'key-vault',
      'identity',
      'functions',
    ]) {
      const before = await issued();
      expect(await until(async () => (await issued()) > before + CHANGES_PER_S, 30_000)).toBe(true);
      const victim = test.installation.states().find(({ name }) => name === part);
      process.kill(victim?.pid ?? Number.NaN, 'SIGKILL');
      const again = () => test.installation.states().some(({ name, pid }) => name === part && pid !== victim?.pid);
      expect(await until(again, 60_000)).toBe(true);
    }
    expect(await streamDone()).toBe(true);
    expect(await test.reconciled(ENTITIES, HEALED_WITHIN_MS)).toEqual([]);
    expect(await test.reconciled(ENTITIES, HEALED_WITHIN_MS, second)).toEqual([]);
  });
});
