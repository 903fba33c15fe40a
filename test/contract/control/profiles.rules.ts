import { beforeEach, expect, it } from 'vitest';
import { profileBell } from '../../../shared/control/model.ts';
import type { Control } from '../../../shared/control/port.ts';
import {
  ACCOUNT_BELL,
  ACCOUNTS,
  appendOf,
  CONTACTS,
  entity,
  feedNow,
  join,
  known,
  type MakeControl,
  mustAppend,
  page,
  profile,
  settings,
} from './kit.ts';

const BREAKER = { code: 'DESTINATION_FULL', reason: 'no room', since: 5, probeAt: 60_005 };

export function describeProfiles(make: MakeControl): void {
  let control: Control;

  beforeEach(async () => {
    control = (await make()).control;
  });

  it('come back as they were made', async () => {
    const trouble = { code: 'SECRET_NOT_FOUND', text: 'The vault has no secret «x».', since: 3 };
    const origin = {
      organizationId: 'contoso',
      tenantId: null,
      environmentId: 'e1',
      name: 'Contoso',
      url: 'https://c/',
      region: 'EMEA',
    };
    const made = profile('p1', {
      origin,
      trouble,
      breaker: BREAKER,
      retryAt: 4,
      activatedAt: 5,
      state: 'stopped',
      intent: 'i1',
    });
    expect(await control.profiles.create(made)).toBe(true);
    expect(await control.profiles.get('p1')).toEqual(made);
    expect(await control.profiles.get('p2')).toBeNull();
  });

  it('have names that are unique in their organization, whatever the letter case', async () => {
    expect(await control.profiles.create(profile('p1', { settings: settings('Über Sales') }))).toBe(true);
    expect(await control.profiles.create(profile('p2', { settings: settings('ÜBER sales') }))).toBe(false);
    expect(await control.profiles.get('p2')).toBeNull();
    expect(await control.profiles.create(profile('p2', { settings: settings('über sales', 'fabrikam') }))).toBe(true);
    expect(await control.profiles.create(profile('p1', { settings: settings('Another') }))).toBe(false);
  });

  it('are listed by name, of these organizations alone', async () => {
    await control.profiles.create(profile('p1', { settings: settings('beta') }));
    await control.profiles.create(profile('p2', { settings: settings('Alpha') }));
    await control.profiles.create(profile('p3', { settings: settings('Gamma', 'fabrikam') }));
    await control.profiles.create(profile('p4', { settings: settings('other', 'northwind') }));
    const ids = async (organizations: string[]) => (await control.profiles.list(organizations)).map(({ id }) => id);
    expect(await ids(['contoso', 'fabrikam'])).toEqual(['p2', 'p1', 'p3']);
    expect(await ids(['nobody'])).toEqual([]);
    expect(await ids([])).toEqual([]);
    expect(await control.profiles.organizations()).toEqual(['contoso', 'fabrikam', 'northwind']);
  });

  it('are changed in what is named and in nothing else', async () => {
    const made = profile('p1', { retryAt: 4 });
    await control.profiles.create(made);
    expect(await control.profiles.update('p1', { breaker: BREAKER, modifiedAt: 9 })).toBe(true);
    expect(await control.profiles.get('p1')).toEqual({ ...made, breaker: BREAKER, modifiedAt: 9 });
    expect(await control.profiles.update('p1', { breaker: null, retryAt: null, state: 'deactivated' })).toBe(true);
    expect(await control.profiles.get('p1')).toEqual({ ...made, retryAt: null, state: 'deactivated', modifiedAt: 9 });
    expect(await control.profiles.update('p2', { modifiedAt: 9 })).toBe(false);
  });

  it('are changed only while they carry the intent that is expected, if one is', async () => {
    const made = profile('p1', { state: 'created' });
    await control.profiles.create(made);
    expect(await control.profiles.update('p1', { state: 'active' }, { intent: 'first' })).toBe(false);
    expect(await control.profiles.update('p1', { intent: 'first' }, { intent: null })).toBe(true);
    expect(await control.profiles.update('p1', { intent: 'second' }, { intent: null })).toBe(false);
    expect(await control.profiles.update('p1', { state: 'active' }, { intent: 'first' })).toBe(true);
    expect(await control.profiles.get('p1')).toEqual({ ...made, state: 'active', intent: 'first' });
    expect(await control.profiles.update('p1', { state: 'deactivated', intent: 'second' })).toBe(true);
    expect(await control.profiles.update('p1', { state: 'active' }, { intent: 'first' })).toBe(false);
    expect(await control.profiles.get('p1')).toEqual({ ...made, state: 'deactivated', intent: 'second' });
    expect(await control.profiles.update('p2', { state: 'active' }, { intent: null })).toBe(false);
  });

  it('take no name that another of the organization has', async () => {
    await control.profiles.create(profile('p1', { settings: settings('one') }));
    await control.profiles.create(profile('p2', { settings: settings('two') }));
    expect(await control.profiles.update('p2', { settings: settings('ONE') })).toBe(false);
    expect((await control.profiles.get('p2'))?.settings.name).toBe('two');
    expect(await control.profiles.update('p2', { settings: settings('TWO') })).toBe(true);
    expect(await control.profiles.create(profile('p3', { settings: settings('two') }))).toBe(false);
  });

  it('have a bell from the beginning', async () => {
    await control.profiles.create(profile('p1'));
    expect(await control.bells.ring([{ key: profileBell('p1') }])).toEqual([profileBell('p1')]);
  });

  it('that are removed take with them what is theirs alone, and name the blobs', async () => {
    await join(control, ['p1', 'p2']);
    await control.profiles.subscribe('p1', CONTACTS, known('shape-1'));
    await control.feeds.saveMetadata(CONTACTS, 'shape-1', entity('contact'));
    await control.feeds.queueSnapshot(CONTACTS, 'snap', null);
    await control.bells.answer('feed/contoso/contact', 'reader');
    const body = (blob: string) => ({ body: { blob, sha256: 'f00d' } });
    const first = appendOf(await feedNow(control, CONTACTS), { page: page('contact-1', body('blob-1')) });
    const next = await mustAppend(control, first);
    await mustAppend(control, appendOf(next, { page: page('contact-2') }));
    await control.bells.answer(ACCOUNT_BELL, 'reader');
    const kept = await mustAppend(
      control,
      appendOf(await feedNow(control), { page: page('account-1', body('blob-2')) }),
    );

    expect(await control.profiles.remove('p1')).toEqual(['blob-1']);
    expect(await control.profiles.get('p1')).toBeNull();
    expect(await control.profiles.subscriptions('p1')).toEqual([]);
    expect(await control.feeds.get(CONTACTS)).toBeNull();
    expect(await control.feeds.metadata(CONTACTS)).toBeNull();
    expect(await control.feeds.pagesAfter(CONTACTS, 0, 9)).toEqual([]);
    expect(await control.bells.ring([{ key: profileBell('p1') }, { key: 'feed/contoso/contact' }])).toEqual([]);
    expect(await feedNow(control)).toEqual(kept);
    expect(await control.feeds.pagesAfter(ACCOUNTS, 0, 9)).toHaveLength(1);

    await control.profiles.subscribe('p2', CONTACTS, known('shape-2'));
    expect(await feedNow(control, CONTACTS)).toMatchObject({ head: 0, tail: 'start', shape: 'shape-2' });
    expect(await control.feeds.snapshots(CONTACTS)).toEqual([]);
    expect(await control.profiles.create(profile('p1'))).toBe(true);
  });

  it('can be removed twice', async () => {
    await join(control, ['p1']);
    await control.profiles.remove('p1');
    expect(await control.profiles.remove('p1')).toEqual([]);
  });
}
