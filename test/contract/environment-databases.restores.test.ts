import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobOperations, type KeptOperations } from '../../shared/environment-databases/azuresql/kept-operations.ts';
import { parseServerId } from '../../shared/environment-databases/azuresql/resource.ts';
import { AzureRestores } from '../../shared/environment-databases/azuresql/restores.ts';
import { FreshetError } from '../../shared/errors/error.ts';
import { MemoryBlobs } from '../../shared/platform/blobs/memory.ts';
import type { Clock } from '../../shared/platform/clock/port.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { ResourceManager, SERVER_ID } from '../support/arm.ts';

const AT = Date.UTC(2026, 0, 20, 5, 35, 31, 503);
const BEFORE = '2026-01-19T00:00:00.000Z';
const AFTER = '2026-01-21T00:00:00.000Z';
const NAME = 'freshet_0123456789abcdef';

describe('restores of Azure SQL', () => {
  let manager: ResourceManager;
  let operations: KeptOperations;
  beforeEach(async () => {
    manager = await ResourceManager.start();
    operations = blobOperations(new MemoryBlobs(systemClock));
    manager.databases.set('uat', { earliestRestoreDate: BEFORE });
  });
  afterEach(() => manager.stop());

  const restores = (clock: Clock = systemClock) => {
    const resource = parseServerId(SERVER_ID);
    if (!resource) throw new Error('no id of a server');
    const credential = { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }) };
    return new AzureRestores({ resource, credential, operations, clock, endpoint: manager.origin, pollMs: 1 });
  };
  const ofStanding = { name: NAME, standing: 'uat', last: 'uat', atMs: AT };
  const ofDropped = { ...ofStanding, standing: null };
  const puts = () => manager.asked.filter(({ method }) => method === 'PUT');

  it('a standing database is asked for at the moment, under the new name, and waited for', async () => {
    await restores().restore(ofStanding);
    expect(puts()).toEqual([
      {
        method: 'PUT',
        path: `${SERVER_ID}/databases/${NAME}`,
        body: {
          location: 'westeurope',
          properties: {
            createMode: 'PointInTimeRestore',
            sourceDatabaseId: `${SERVER_ID}/databases/uat`,
            restorePointInTime: '2026-01-20T05:35:31.503Z',
          },
        },
      },
    ]);
    expect(manager.databases.has(NAME)).toBe(true);
    expect(await operations.get(`contoso/${NAME}`)).toBeNull();
  });

  it('of dropped databases the one is taken that bore the name and was dropped last', async () => {
    manager.dropped.push({ name: 'uat', deletionDate: BEFORE, earliestRestoreDate: BEFORE });
    manager.dropped.push({ name: 'uat', deletionDate: AFTER, earliestRestoreDate: BEFORE });
    manager.dropped.push({ name: 'other', deletionDate: AFTER, earliestRestoreDate: BEFORE });
    await restores().restore(ofDropped);
    expect(puts()[0]?.body).toMatchObject({
      properties: { createMode: 'Restore', sourceDatabaseId: `${SERVER_ID}/restorableDroppedDatabases/uat,1` },
    });
  });

  it('a moment before the first restore point is refused before anything is asked for', async () => {
    manager.databases.set('uat', { earliestRestoreDate: AFTER });
    await expect(restores().restore(ofStanding)).rejects.toMatchObject({ code: 'RESTORE_OUT_OF_REACH' });
    await expect(restores().restore(ofDropped)).rejects.toMatchObject({ code: 'RESTORE_OUT_OF_REACH' });
    expect(puts()).toEqual([]);
    expect(await restores().earliest('uat')).toBe(Date.parse(AFTER));
    expect(await restores().earliest('nowhere')).toBeNull();
  });

  it('whoever comes after a restart goes on with the operation that was begun', async () => {
    manager.pollsNeeded = 3;
    const dying = {
      ...systemClock,
      sleep: () => Promise.reject(new FreshetError('DATABASE_UNAVAILABLE', { text: 'the end' })),
    };
    await expect(restores(dying).restore(ofStanding)).rejects.toThrow('the end');
    await restores().restore(ofStanding);
    expect(puts()).toHaveLength(1);
    expect(manager.databases.has(NAME)).toBe(true);
  });

  it('what was asked for by one that ended before it could keep the answer is not asked for twice', async () => {
    manager.pollsNeeded = 100;
    operations.keep = () => Promise.reject(new FreshetError('DATABASE_UNAVAILABLE', { text: 'the end' }));
    await expect(restores().restore(ofStanding)).rejects.toThrow('the end');
    const sleeps: number[] = [];
    const patient = {
      ...systemClock,
      sleep: async (ms: number) => {
        if (sleeps.push(ms) === 3) manager.finishOperations();
      },
    };
    await restores(patient).restore(ofStanding);
    expect(sleeps).toHaveLength(3);
    expect(puts()).toHaveLength(1);
  });

  it('an operation that fails says why, and is not gone on with', async () => {
    manager.ending = { code: 'InvalidLiveDatabase', message: 'outside of the recovery period' };
    await expect(restores().restore(ofStanding)).rejects.toMatchObject({ code: 'RESTORE_OUT_OF_REACH' });
    manager.ending = null;
    await restores().restore(ofStanding);
    expect(puts()).toHaveLength(2);
  });

  it('one that the service has forgotten is asked for anew', async () => {
    manager.pollsNeeded = 100;
    const kept = operations.keep.bind(operations);
    operations.keep = async (name, operation) => {
      await kept(name, operation);
      manager.forgetOperations();
    };
    await expect(restores().restore(ofStanding)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    manager.pollsNeeded = 1;
    operations.keep = kept;
    await restores().restore(ofStanding);
    expect(manager.databases.has(NAME)).toBe(true);
  });

  it.each([
    [400, 'RestoreTargetEditionSizeInsufficient', 'DATABASE_FULL'],
    [400, 'InvalidSourceDatabaseId', 'DATABASE_REFUSED'],
    [403, 'AuthorizationFailed', 'DATABASE_FORBIDDEN'],
    [409, 'ConflictingDatabaseOperation', 'DATABASE_UNAVAILABLE'],
    [409, 'ServerDtuQuotaExceeded', 'DATABASE_FULL'],
  ])('an answer %i %s is %s', async (status, code, expected) => {
    manager.failures.push({ method: 'PUT', status, code });
    await expect(restores().restore(ofStanding)).rejects.toMatchObject({ code: expected });
    expect(await operations.get(`contoso/${NAME}`)).toBeNull();
  });

  it('who is asked to wait waits and asks again', async () => {
    manager.failures.push({
      method: 'PUT',
      status: 429,
      code: 'SubscriptionTooManyCreateUpdateRequests',
      retryAfter: 0,
    });
    await restores().restore(ofStanding);
    expect(puts()).toHaveLength(2);
  });
});
