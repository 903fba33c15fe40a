import { describe, expect, it } from 'vitest';
import type { Change } from '../../../../local/dataverse/model/changes.ts';
import { IDENTITY, organizationOf, PARENT } from './organizations.ts';

const organizationWithWatcher = () => {
  const organization = organizationOf();
  const changes: Change[] = [];
  organization.observe({ changed: (change) => changes.push(change) });
  return {
    organization,
    changes,
    messages: () => changes.map(({ message, entity, depth }) => `${message} ${entity} ${depth}`),
  };
};

const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error;

describe('an organization', () => {
  it('fills what the service keeps itself: state, owner, dates, version, base amounts', () => {
    const organization = organizationOf();
    const table = organization.table('parent');
    const row = organization.create('parent', { name: 'A', amount: '12.30' });
    const cell = (name: string) => table.cell(row, name);
    expect(cell('statecode')).toBe(0);
    expect(cell('statuscode')).toBe(1);
    expect(cell('ownerid')).toEqual({ entity: 'systemuser', id: IDENTITY.callerId });
    expect(cell('createdon')).toBe(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000);
    expect(cell('amount_base')).toBe(12.3);
    expect(cell('transactioncurrencyid')).toEqual({ entity: 'transactioncurrency', id: IDENTITY.currencyId });
    expect(cell('versionnumber')).toBe(organization.version);
  });

  it('lets the status follow the state', () => {
    const organization = organizationOf();
    const { self } = organization.create('parent', { name: 'A' });
    const row = organization.update('parent', self.id, { statecode: 1 });
    expect(organization.table('parent').cell(row, 'statuscode')).toBe(2);
  });

  it('keeps exact numbers exact beyond the digits of a double', () => {
    const organization = organizationOf();
    const row = organization.create('parent', { amount: '92233720368547758.07' });
    expect(organization.table('parent').cell(row, 'amount')).toBe('92233720368547758.07');
  });

  it('refuses unknown attributes, long texts and unknown options, and changes nothing then', () => {
    const organization = organizationOf();
    const before = organization.version;
    expect(() => organization.create('parent', { nothing: 1 })).toThrow(code('0x80060888'));
    expect(() => organization.create('parent', { name: 'x'.repeat(21) })).toThrow(code('0x80044331'));
    expect(() => organization.create('parent', { statecode: 9 })).toThrow(code('0x8004431a'));
    expect(() => organization.update('parent', IDENTITY.callerId, {})).toThrow(code('0x80040217'));
    expect(organization.version).toBe(before);
    expect(organization.table('parent').rows.size).toBe(0);
  });

  it('deletes what a relationship takes along, and clears the links that it removes, silently', () => {
    const { organization, messages } = organizationWithWatcher();
    const parent = organization.create('parent', { name: 'P' }).self;
    const owned = organization.create('child', { owned: parent }).self;
    const linked = organization.create('child', { linked: parent }).self;
    const versionBefore = organization.row('child', linked.id).version;
    organization.delete('parent', parent.id);
    expect(organization.find('child', owned.id)).toBeUndefined();
    const row = organization.row('child', linked.id);
    expect(organization.table('child').cell(row, 'linked')).toBeNull();
    expect(row.version).toBeGreaterThan(versionBefore);
    expect(messages().slice(3)).toEqual(['Delete parent 1', 'Delete child 2']);
  });

  it('refuses a delete that a relationship restricts, and deletes nothing', () => {
    const organization = organizationOf();
    const parent = organization.create('parent', { name: 'P' }).self;
    organization.create('child', { owned: parent });
    organization.create('child', { holding: parent });
    expect(() => organization.delete('parent', parent.id)).toThrow(code('0x80048d21'));
    expect(organization.table('child').rows.size).toBe(2);
    expect(organization.table('parent').rows.size).toBe(1);
  });

  it('links rows through an intersect of its own, which goes with either side', () => {
    const { organization, messages } = organizationWithWatcher();
    const parent = organization.create('parent', {}).self;
    const child = organization.create('child', {}).self;
    const intersect = organization.table('parentchild');
    organization.associate('parent_child', 'parent', parent.id, [child]);
    expect(() => organization.associate('parent_child', 'child', child.id, [parent])).toThrow(code('0x80040237'));
    const link = [...intersect.rows.values()][0];
    expect(link && [intersect.cell(link, 'parentid'), intersect.cell(link, 'childid')]).toEqual([parent.id, child.id]);
    organization.disassociate('parent_child', 'child', child.id, [parent]);
    expect(intersect.rows.size).toBe(0);
    organization.associate('parent_child', 'child', child.id, [parent]);
    organization.delete('child', child.id);
    expect(intersect.rows.size).toBe(0);
    expect(messages().slice(2)).toEqual([
      'Associate parent 1',
      'Disassociate child 1',
      'Associate child 1',
      'Delete child 1',
    ]);
  });

  it('restores a deleted row under its old id, with all that went along', () => {
    const { organization, changes } = organizationWithWatcher();
    const parent = organization.create('parent', { name: 'P' }).self;
    const owned = organization.create('child', { owned: parent, name: 'C' }).self;
    organization.delete('parent', parent.id);
    const deletedAt = organization.version;
    const row = organization.restore('parent', parent.id);
    expect(row.version).toBeGreaterThan(deletedAt);
    expect(organization.nameOf(parent)).toBe('P');
    expect(organization.nameOf(owned)).toBe('C');
    expect(changes.filter(({ message }) => message === 'Restore')).toHaveLength(2);
    expect(() => organization.restore('parent', parent.id)).toThrow(code('0x80040217'));
  });

  it('hides the changes of a transaction until its commit and locks its rows', () => {
    const { organization, messages } = organizationWithWatcher();
    const { id } = organization.create('parent', { name: 'old' }).self;
    const transaction = organization.begin();
    transaction.update('parent', id, { name: 'new' });
    expect(organization.bound).toBe(organization.version - 1);
    expect(organization.nameOf({ entity: 'parent', id })).toBe('old');
    expect(() => organization.delete('parent', id)).toThrow(code('0x80044151'));
    const later = organization.create('parent', {}).version;
    transaction.commit();
    expect(organization.nameOf({ entity: 'parent', id })).toBe('new');
    expect(organization.row('parent', id).version).toBeLessThan(later);
    expect(organization.bound).toBe(organization.version);
    expect(messages()).toEqual(['Create parent 1', 'Create parent 1', 'Update parent 1']);
  });

  it('refuses expired tokens: too old, told so, or after a change of the metadata', () => {
    let nowMs = Date.UTC(2026, 0, 2);
    const organization = organizationOf({ now: () => nowMs, retentionMs: 1000 });
    const token = () => organization.readPage('parent', organization.beginRead(true), 10).token ?? '';
    const follow = (one: string) => organization.beginDelta('parent', one);
    const first = token();
    expect(follow(first).from).toBe(organization.version);
    nowMs += 2000;
    expect(() => follow(first)).toThrow(code('0x80044352'));
    const second = token();
    organization.expireTokens('parent');
    expect(() => follow(second)).toThrow(code('0x80044352'));
    const third = token();
    organization.define(PARENT);
    expect(() => follow(third)).toThrow(code('0x80044352'));
  });

  it('goes back to an earlier state, versions included', () => {
    const organization = organizationOf();
    const { id } = organization.create('parent', { name: 'before' }).self;
    const state = organization.snapshot();
    const token = organization.readPage('parent', organization.beginRead(true), 10).token ?? '';
    organization.update('parent', id, { name: 'after' });
    const ahead = organization.readPage('parent', organization.beginRead(true), 10).token ?? '';
    organization.restoreState(state);
    expect(organization.nameOf({ entity: 'parent', id })).toBe('before');
    expect(organization.version).toBe(state.version);
    expect(organization.beginDelta('parent', token).from).toBe(state.version);
    expect(() => organization.beginDelta('parent', ahead)).toThrow(code('0x80044352'));
  });

  it('forgets the cells of a removed attribute even when one of that name comes again', () => {
    const organization = organizationOf();
    const { id } = organization.create('parent', { name: 'x' }).self;
    const without = { ...PARENT, attributes: PARENT.attributes.filter(({ logicalName }) => logicalName !== 'name') };
    organization.define(without);
    organization.restoreState(organization.snapshot());
    organization.define(PARENT);
    expect(organization.nameOf({ entity: 'parent', id })).toBeNull();
  });
});
