import { beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentSettings } from '../../../shared/control/environment.ts';
import type { Control } from '../../../shared/control/port.ts';
import { settingsOf } from '../../support/refresh-data.ts';
import type { MakeControl } from './kit.ts';
import { newOperation } from './operations.kit.ts';

const KEY = { projectId: 7, id: '60B557B2-0000-4000-8000-000000000005' };
const SAME = { projectId: 7, id: '60b557b2000040008000000000000005' };
const OTHER = { projectId: 7, id: 'other' };

export function describeEnvironments(make: MakeControl): void {
  let control: Control;
  const named = (name: string) => settingsOf('UAT', { name, topology: 'Kontö "1"' });

  beforeEach(async () => {
    control = (await make()).control;
  });

  it('are kept as they were registered, and found by their id in either form', async () => {
    expect(await control.environments.get(KEY)).toBeNull();
    expect(await control.environments.register({ ...KEY, settings: named('UAT') })).toBe('done');
    const kept = { ...KEY, settings: named('UAT'), started: true, heldBy: null };
    expect(await control.environments.get(SAME)).toEqual(kept);
    expect(await control.environments.get({ ...SAME, projectId: 8 })).toBeNull();
    expect(await control.environments.list(7)).toEqual([kept]);
    expect(await control.environments.list(8)).toEqual([]);
  });

  it('have a name of their own in their project, letter case aside', async () => {
    await control.environments.register({ ...KEY, settings: named('uat') });
    expect(await control.environments.register({ ...OTHER, settings: named('UAT') })).toBe('taken');
    expect(await control.environments.register({ ...OTHER, projectId: 8, settings: named('UAT') })).toBe('done');
    expect(await control.environments.register({ ...OTHER, settings: named('Build') })).toBe('done');
    expect((await control.environments.list(7)).map(({ settings }) => settings.name)).toEqual(['Build', 'uat']);
  });

  it('stay stopped and held when they are registered anew', async () => {
    await control.environments.register({ ...KEY, settings: named('UAT') });
    await control.environments.setStarted(KEY, false);
    await control.environments.hold(SAME, 'o1');
    await control.environments.register({ ...SAME, settings: named('UAT 2') });
    const kept = { settings: { name: 'UAT 2' }, started: false, heldBy: 'o1' };
    expect(await control.environments.list(7)).toMatchObject([kept]);
  });

  it('are released by the operation that holds them alone', async () => {
    await control.environments.register({ ...KEY, settings: named('UAT') });
    await control.environments.hold(KEY, 'o1');
    await control.environments.release(KEY, 'o2');
    expect(await control.environments.get(KEY)).toMatchObject({ heldBy: 'o1' });
    await control.environments.release(KEY, 'o1');
    expect(await control.environments.get(KEY)).toMatchObject({ heldBy: null });
  });

  it('are started, stopped and removed unless an operation concerns them', async () => {
    expect(await control.environments.setStarted(KEY, false)).toBe('unknown');
    expect(await control.environments.remove(KEY)).toBe('unknown');
    await control.environments.register({ ...KEY, settings: named('UAT') });
    expect(await control.environments.setStarted(KEY, true)).toBe('already');
    expect(await control.environments.setStarted(KEY, false)).toBe('done');
    const operation = newOperation('o1', { projectId: 7, sourceId: OTHER.id, targetId: SAME.id });
    await control.operations.begin(operation, { max: 9, windowMs: 1_000 });
    expect(await control.environments.setStarted(KEY, true)).toBe('busy');
    expect(await control.environments.remove(SAME)).toBe('busy');
    await control.operations.withdraw({ id: 'o1', revision: 0 });
    expect(await control.environments.setStarted(KEY, true)).toBe('done');
    expect(await control.environments.remove(SAME)).toBe('done');
    expect(await control.environments.list(7)).toEqual([]);
  });

  describe('while an operation concerns them', () => {
    const { databases, administrator } = settingsOf('UAT');
    const account = { ...administrator, sid: 'S-1-19-99' };
    const elsewhere = { ...databases.transactional, keyVaultUri: 'https://other.vault.azure.net/secrets/axdb' };
    const CHANGES: readonly [what: string, change: Partial<EnvironmentSettings>, outcome: 'done' | 'busy'][] = [
      ['the address of a database', { databases: { ...databases, transactional: elsewhere } }, 'busy'],
      ['the kind', { kind: 'production' }, 'busy'],
      ['the tenant', { tenantId: 'other' }, 'busy'],
      ['the administrator', { administrator: account }, 'busy'],
      ['the administrator of its web.config', { webConfigAdministrator: account }, 'busy'],
      ['the use of Retail', { retail: true }, 'busy'],
      ['the address of its synchronization', { synchronizationUrl: null }, 'busy'],
      ['its name', { name: 'UAT 2' }, 'done'],
      ['its versions', { platformUpdate: 25, applicationRelease: '8.1.1', applicationBuild: '8.1.1.7' }, 'done'],
      ['nothing', {}, 'done'],
    ];

    it.each(CHANGES)('keep what the operation works with: %s', async (_what, change, outcome) => {
      const settings = settingsOf('UAT', change);
      await control.environments.register({ ...KEY, settings: settingsOf('UAT') });
      await control.environments.register({ ...OTHER, settings: settingsOf('PROD') });
      const operation = newOperation('o1', { projectId: 7, sourceId: OTHER.id, targetId: SAME.id });
      await control.operations.begin(operation, { max: 9, windowMs: 1_000 });
      expect(await control.environments.register({ ...KEY, settings })).toBe(outcome);
      const kept = outcome === 'done' ? settings : settingsOf('UAT');
      expect(await control.environments.get(KEY)).toMatchObject({ settings: kept });
      const source = settingsOf('PROD', { ...change, name: `${settings.name} PROD` });
      const keepsSource = change.kind === 'production' ? 'done' : outcome;
      expect(await control.environments.register({ ...OTHER, settings: source })).toBe(keepsSource);
      await control.operations.withdraw({ id: 'o1', revision: 0 });
      expect(await control.environments.register({ ...KEY, settings })).toBe('done');
    });
  });
}
