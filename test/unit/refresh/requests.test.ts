import { inflateRawSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { keptDatabases } from '../../../shared/refresh/requests/databases.ts';
import {
  environmentDetails,
  environmentHistory,
  registerEnvironment,
  removeEnvironment,
  startEnvironment,
  stopEnvironment,
} from '../../../shared/refresh/requests/environments.ts';
import { fetchStatus, rollBack, signOff } from '../../../shared/refresh/requests/operations.ts';
import { runbookLog, runbookLogZip } from '../../../shared/refresh/requests/runbook-log.ts';
import {
  listSchedules,
  refreshBySchedule,
  removeSchedule,
  scheduleRefresh,
} from '../../../shared/refresh/requests/schedules.ts';
import { PROJECT, settingsOf } from '../../support/refresh-data.ts';
import { OWNER, PROD, RefreshWorld, UAT, WAY } from '../../support/refresh-world.ts';

const DAY_MS = 86_400_000;

let world: RefreshWorld;
beforeEach(async () => {
  world = await new RefreshWorld().register();
});

describe('an environment', () => {
  it('is registered once under its name, with secrets of allowed vaults', async () => {
    const build = { projectId: PROJECT, id: 'build' };
    const named = settingsOf('UAT', { name: 'uat' });
    await expect(registerEnvironment(world.ports, build, named)).rejects.toMatchObject({
      code: 'ENVIRONMENT_NAME_TAKEN',
    });
    const foreign = settingsOf('UAT', { name: 'Build', secrets: ['https://evil.example/secrets/x'] });
    await expect(registerEnvironment(world.ports, build, foreign)).rejects.toMatchObject({ code: 'VAULT_URL_REFUSED' });
    await registerEnvironment(world.ports, build, settingsOf('UAT', { name: 'Build' }));
    await removeEnvironment(world.ports, build);
    await expect(removeEnvironment(world.ports, build)).rejects.toMatchObject({ code: 'ENVIRONMENT_NOT_FOUND' });
  });

  it('shows the names of its secrets, and of production nobody sees even those', async () => {
    const { rows } = await environmentDetails(world.ports, PROJECT, {});
    expect(rows.map(({ environment, secrets }) => [environment.settings.name, secrets])).toEqual([
      ['PROD', null],
      ['UAT', ['uat-axdb', 'uat-mrdb']],
    ]);
  });

  it('is found by page, by id in either form, and by name', async () => {
    const namesOf = async (wanted: object) =>
      (await environmentDetails(world.ports, PROJECT, wanted)).rows.map(({ environment }) => environment.settings.name);
    expect(await namesOf({ page: 2 })).toEqual([]);
    expect(await namesOf({ environmentId: PROD.id.replaceAll('-', '').toUpperCase() })).toEqual(['PROD']);
    expect(await namesOf({ environmentName: 'uat' })).toEqual(['UAT']);
    expect(await namesOf({ environmentName: 'nobody' })).toEqual([]);
  });

  it('is started and stopped by its customer, not during an operation', async () => {
    await startEnvironment(world.ports, UAT);
    await stopEnvironment(world.ports, UAT);
    await expect(stopEnvironment(world.ports, UAT)).rejects.toMatchObject({ code: 'ENVIRONMENT_STOPPED' });
    const [view] = (await environmentDetails(world.ports, PROJECT, { environmentName: 'UAT' })).rows;
    expect(view).toMatchObject({ canStart: true, canStop: false });
    const operation = await world.refreshed();
    await expect(startEnvironment(world.ports, UAT)).rejects.toMatchObject({ code: 'ENVIRONMENT_BUSY' });
    await world.wait(signOff(world.ports, OWNER, { environment: UAT, operationId: operation.id }));
    await startEnvironment(world.ports, UAT);
    await world.control.environments.register({
      ...UAT,
      settings: settingsOf('UAT', { infrastructure: 'MicrosoftManaged' }),
    });
    await expect(stopEnvironment(world.ports, UAT)).rejects.toMatchObject({ code: 'ENVIRONMENT_NOT_MANAGED' });
  });

  it('has a history of operations and of servicing by others, the newest first', async () => {
    const told = { activityId: 'a', name: 'Package', type: 'X', typeDisplay: 'X', endedAt: null, status: 'Completed' };
    const servicing = [
      { ...told, startedAt: world.clock.now() - 1, awaitsSignOff: false },
      { ...told, name: 'Later', startedAt: world.clock.now() + DAY_MS, awaitsSignOff: false },
    ];
    await world.register({ uat: { servicing } });
    const { id } = await world.refreshed();
    const { rows, hasMore } = await environmentHistory(world.ports, UAT);
    const names = rows.map((row) => ('operation' in row ? row.operation.id : row.servicing.name));
    expect([names, hasMore]).toEqual([['Later', id, 'Package'], false]);
    expect((await environmentHistory(world.ports, UAT, 2)).rows).toEqual([]);
  });
});

describe('an operation', () => {
  it('is found by its target alone', async () => {
    const { id } = await world.refreshed();
    expect(await fetchStatus(world.ports, { environment: UAT, operationId: id.toUpperCase() })).toMatchObject({ id });
    for (const environment of [PROD, { ...UAT, projectId: 1 }])
      await expect(fetchStatus(world.ports, { environment, operationId: id })).rejects.toMatchObject({
        code: 'OPERATION_NOT_FOUND',
      });
  });

  it('keeps the old databases as restore points until it is signed off or rolled back', async () => {
    const kept = async () => (await keptDatabases(world.ports, PROJECT)).map(({ serviceName }) => serviceName);
    expect(await kept()).toEqual([]);
    const { id } = await world.refreshed();
    expect(await kept()).toEqual(['AxDB', 'MRDB']);
    await rollBack(world.ports, OWNER, { environment: UAT, operationId: id });
    await world.driven(id);
    expect(await kept()).toEqual([]);
  });

  it('has a log of each step, as text and as a zip of all', async () => {
    world.synchronization.outcome = { status: 'failed', text: 'view X cannot be made' };
    const { id } = await world.refreshed();
    const ref = { environment: UAT, operationId: id };
    const text = await runbookLog(world.ports, ref);
    const order = ['all checks passed', '(begin)', '(copy)', 'email-addresses', '(swap)', 'view X cannot be made'];
    const places = order.map((words) => text.lastIndexOf(words));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(text).toMatch(/Failed in: Synchronizes the database/);
    const files = unzip(await runbookLogZip(world.ports, ref));
    expect([...files.keys()].some((name) => name.includes('_copy_'))).toBe(true);
    expect(files.get('operation.txt')).toContain('Failed');
    expect(JSON.parse(files.get('operation.json') ?? '')).toMatchObject({ id, state: 'Failed' });
  });
});

describe('a schedule', () => {
  it('begins a refresh when its moment has come, and tells what came of it', async () => {
    const at = world.clock.now() + DAY_MS;
    const { id } = await scheduleRefresh(world.ports, OWNER, { ...WAY, at, everyMs: DAY_MS });
    expect(await refreshBySchedule(world.ports)).toEqual([]);
    await world.clock.advance(DAY_MS);
    const [operationId = ''] = await refreshBySchedule(world.ports);
    expect(await world.driven(operationId)).toMatchObject({ state: 'Completed', by: OWNER });
    await world.clock.advance(DAY_MS);
    expect(await refreshBySchedule(world.ports)).toEqual([]);
    const [schedule] = await listSchedules(world.ports, PROJECT);
    expect(schedule).toMatchObject({ nextAt: at + 2 * DAY_MS, last: { operationId: null } });
    expect(schedule?.last?.refused).toContain('PREVIOUS_NOT_SIGNED_OFF');
    await removeSchedule(world.ports, PROJECT, id);
    await expect(removeSchedule(world.ports, PROJECT, id)).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' });
  });

  it('lies in the future, and no more than hourly', async () => {
    const wanted = { ...WAY, at: world.clock.now(), everyMs: null };
    await expect(scheduleRefresh(world.ports, OWNER, wanted)).rejects.toMatchObject({ code: 'SCHEDULE_INVALID' });
    const often = { ...WAY, at: world.clock.now() + 1, everyMs: 60_000 };
    await expect(scheduleRefresh(world.ports, OWNER, often)).rejects.toMatchObject({ code: 'SCHEDULE_INVALID' });
  });
});

/** The files of an archive, by its central directory. */
function unzip(archive: Uint8Array): Map<string, string> {
  const bytes = Buffer.from(archive);
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  const files = new Map<string, string>();
  let at = bytes.readUInt32LE(end + 16);
  for (let count = bytes.readUInt16LE(end + 10); count > 0; count--) {
    const [packed, nameLength] = [bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28)];
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const place = bytes.readUInt32LE(at + 42);
    const from = place + 30 + bytes.readUInt16LE(place + 26) + bytes.readUInt16LE(place + 28);
    files.set(name, inflateRawSync(bytes.subarray(from, from + packed)).toString('utf8'));
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return files;
}
