import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDuration, readHostJson } from '../../../local/functions-host/host-json.ts';
import { isDisabled, readLocalSettings, resolveSetting } from '../../../local/functions-host/settings.ts';
import { newFolder } from './support.ts';

function read(content: object | string) {
  const folder = newFolder();
  writeFileSync(path.join(folder, 'host.json'), typeof content === 'string' ? content : JSON.stringify(content));
  return readHostJson(folder);
}

describe('host.json', () => {
  it('has the defaults of the real host where it says nothing', async () => {
    const { extensions, functionTimeout } = await read({ version: '2.0' });
    expect(functionTimeout).toBe(30 * 60_000);
    expect(extensions.http.routePrefix).toBe('api');
    expect(extensions.serviceBus).toMatchObject({ maxConcurrentCalls: 16, maxMessageBatchSize: 1000 });
    expect(extensions.serviceBus.maxAutoLockRenewalDuration).toBe(5 * 60_000);
    expect(extensions.durableTask.maxConcurrentActivityFunctions).toBe(10);
  });

  it('sets what it says and may say more than this host knows', async () => {
    const { extensions, functionTimeout } = await read({
      version: '2.0',
      functionTimeout: '-1',
      logging: { anything: true },
      extensions: { http: { routePrefix: '' }, serviceBus: { maxBatchWaitTime: '00:00:01.5' }, queues: {} },
    });
    expect(functionTimeout).toBeUndefined();
    expect(extensions.http.routePrefix).toBe('');
    expect(extensions.serviceBus.maxBatchWaitTime).toBe(1500);
  });

  it('that cannot be understood is named with the place', async () => {
    await expect(read({ extensions: { serviceBus: { maxConcurrentCalls: 0 } } })).rejects.toThrow('maxConcurrentCalls');
    await expect(read({ functionTimeout: '5 minutes' })).rejects.toThrow('functionTimeout');
    await expect(read('{')).rejects.toThrow('is not valid JSON');
    await expect(readHostJson(newFolder())).rejects.toThrow('host.json is missing');
  });
});

describe('a duration', () => {
  it.each([
    ['00:00:01', 1000],
    ['01:02:03', 3_723_000],
    ['6.00:00:00', 518_400_000],
    ['00:00:00.25', 250],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe('settings', () => {
  it('of local.settings.json are its Values; no file is no settings', async () => {
    const folder = newFolder();
    expect(await readLocalSettings(folder)).toEqual({});
    writeFileSync(path.join(folder, 'local.settings.json'), '{"IsEncrypted":false,"Values":{"A":"1"}}');
    expect(await readLocalSettings(folder)).toEqual({ A: '1' });
    writeFileSync(path.join(folder, 'local.settings.json'), '{"Values":{"A":1}}');
    await expect(readLocalSettings(folder)).rejects.toThrow('local.settings.json');
  });

  it('fill the options of bindings', () => {
    expect(resolveSetting('a-%NAME%-b', { NAME: 'x' })).toBe('a-x-b');
    expect(() => resolveSetting('%NAME%', {})).toThrow('NAME, which is not set');
  });

  it('switch a function off', () => {
    expect(isDisabled('f', { 'AzureWebJobs.f.Disabled': 'True' })).toBe(true);
    expect(isDisabled('f', { 'AzureWebJobs.f.Disabled': 'false' })).toBe(false);
    expect(isDisabled('f', {})).toBe(false);
  });
});
