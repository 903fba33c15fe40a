import { describe, expect, it } from 'vitest';
import type { ProfileJson } from '../../../local/client/freshet-client.ts';
import { restlessnessOf } from '../../chaos/rest.ts';
import { isPicked } from '../../chaos/scenario.ts';

type Status = NonNullable<ProfileJson['Entities'][number]['Status']>;

const CALM: Partial<Status> = {
  Type: 'account',
  TotalNotifications: 10,
  SuccessNotifications: 10,
  FailureNotifications: 0,
  RetryNotifications: 0,
  InitialSyncState: 'Completed',
  PagesBehind: 0,
};

const profile = (status: Partial<Status>, ExportStatus = 'Running') =>
  ({ Status: { ExportStatus, ErrorDetails: null }, Entities: [{ Status: { ...CALM, ...status } }] }) as ProfileJson;

describe('a profile is at rest', () => {
  it('when all that was read is written or replaced', () => {
    expect(restlessnessOf(profile({}))).toBeNull();
  });

  it.each([
    ['pages behind', profile({ PagesBehind: 1 })],
    ['1 failed', profile({ FailureNotifications: 1, SuccessNotifications: 9 })],
    ['2 retrying', profile({ RetryNotifications: 2, SuccessNotifications: 8 })],
    ['10 read, but 9 written', profile({ SuccessNotifications: 9 })],
    ['10 read, but 11 written', profile({ SuccessNotifications: 11 })],
    ['synchronization', profile({ InitialSyncState: 'InProgress' })],
    ['it is Waiting', profile({}, 'Waiting')],
  ])('but not with: %s', (words, restless) => {
    expect(restlessnessOf(restless)).toContain(words);
  });
});

describe('the words of the command line', () => {
  it('pick a scenario by its name or its family; none pick all', () => {
    const scenario = { name: 'kill.postgres' };
    expect(isPicked(scenario, [])).toBe(true);
    expect(isPicked(scenario, ['proxy', 'kill'])).toBe(true);
    expect(isPicked(scenario, ['kill.postgres'])).toBe(true);
    expect(isPicked(scenario, ['kill.functions', 'kill.post', 'proxy'])).toBe(false);
  });
});
