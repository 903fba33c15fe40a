import { beforeEach, describe, expect, it } from 'vitest';
import { FreshetError } from '../../../shared/errors/error.ts';
import type { RefreshPorts } from '../../../shared/refresh/ports.ts';
import type { OperationRef } from '../../../shared/refresh/requests/operations.ts';
import { abort, fetchStatus, rollBack, signOff } from '../../../shared/refresh/requests/operations.ts';
import { refresh } from '../../../shared/refresh/requests/refresh.ts';
import { runStep } from '../../../shared/refresh/runbook/run-step.ts';
import { strayOperations } from '../../../shared/refresh/runbook/strays.ts';
import { TURN_MS } from '../../../shared/refresh/runbook/turn.ts';
import { UNSCRUBBED } from '../../support/refresh-data.ts';
import { alterTable, contentsOf, MANAGER, OWNER, PROD, RefreshWorld, UAT, WAY } from '../../support/refresh-world.ts';

const refOf = (operationId: string): OperationRef => ({ environment: UAT, operationId });
const PUT_ASIDE = /^freshet_[0-9a-f]{16}$/;

let world: RefreshWorld;
let before: unknown;
beforeEach(async () => {
  world = await new RefreshWorld().register();
  before = world.target();
});

/** Takes steps until the operation's next one is this. */
async function upTo(operationId: string, step: string): Promise<void> {
  for (;;) {
    if ((await world.operation(operationId)).step === step) return;
    const outcome = await world.wait(runStep(world.ports, operationId));
    if (outcome.outcome === 'ended') throw new Error(`ended before ${step}: ${outcome.state}`);
    await world.clock.advance(outcome.afterMs);
  }
}

/** Ports of a process that ends with its first call of this. */
function diesAt(operation: string): RefreshPorts {
  let dead = false;
  return world.makePorts(async (called) => {
    dead ||= called === operation;
    if (dead) await new Promise(() => {});
  });
}

const names = () => world.uat.databases.map(({ name }) => name).sort();

describe('a refresh', () => {
  it('ends with the scrubbed data of the source under the names of the target, and its own users', async () => {
    const source = world.source();
    const operation = await world.refreshed();
    expect(operation).toMatchObject({ state: 'Completed', step: null, failure: null });
    const text = JSON.stringify(world.target());
    for (const secret of UNSCRUBBED) expect(text).not.toContain(secret);
    expect(text).toContain('production-1');
    expect(text).not.toContain('sandbox-1');
    expect(contentsOf(world.uat, 'AxDB')).toMatchObject({ state: 'open', users: { ax_sandbox: ['db_owner'] } });
    expect(contentsOf(world.uat, 'MRDB')).toMatchObject({ state: 'open', users: { mr_uat: ['db_datareader'] } });
    expect(world.source()).toEqual(source);
  });

  it('keeps the old databases aside, shut, by ids that it noted', async () => {
    const operation = await world.refreshed();
    for (const { name, old, copy } of Object.values(operation.databases)) {
      expect(world.uat.byId(old.id ?? '')).toMatchObject({ name: old.name, state: 'shut' });
      expect(old.name).toMatch(PUT_ASIDE);
      expect(world.uat.byId(copy.id ?? '')).toMatchObject({ name, state: 'open', progress: null });
    }
  });

  it('tells what each rule touched, and that it was verified', async () => {
    const { done } = await world.refreshed();
    const told = new Map(done.map((one) => [one.rule, one]));
    expect(told.get('email-addresses')).toMatchObject({ rows: 2, skipped: false, verified: true });
    expect(told.get('mask-names')).toMatchObject({ rows: 2, skipped: false, verified: true });
    expect(told.get('empty-printmgmtsettings')).toMatchObject({ rows: 0, skipped: true });
  });

  it('makes Admin the target’s administrator, as its web.config names him where that is told', async () => {
    await world.refreshed();
    expect(JSON.stringify(world.target())).toContain('uat.admin@contoso.com');
    const told = await new RefreshWorld({ options: { allowOtherTenant: true } }).register({
      uat: {
        webConfigAdministrator: {
          id: 'other',
          sid: 'S-9',
          alias: 'other@contoso.com',
          domain: 'd',
          identityProvider: 'i',
          tenantId: 't',
        },
      },
    });
    await told.refreshed();
    expect(JSON.stringify(told.target())).toContain('other@contoso.com');
  });

  it('enables Admin, whatever he was in the source', async () => {
    const users = world.prod.byName('AxDB')?.tables.get('dbo.UserInfo');
    const disabled = [...(users?.rows.values() ?? [])].map((row) => ({ ...row, ENABLE: 0 }));
    alterTable(world.prod, 'AxDB', 'dbo.UserInfo', disabled);
    expect(await world.refreshed()).toMatchObject({ state: 'Completed' });
    const [admin, ...others] = [...(world.uat.byName('AxDB')?.tables.get('dbo.UserInfo')?.rows.values() ?? [])];
    expect(admin).toMatchObject({ ID: 'Admin', ENABLE: 1, NETWORKALIAS: 'uat.admin@contoso.com' });
    expect(others.map(({ ENABLE }) => ENABLE)).toEqual([0, 0]);
  });

  it('makes the target unavailable for the swap alone, or the whole time where that is wanted', async () => {
    const held = async () => (await world.control.environments.get(UAT))?.heldBy ?? null;
    const { id } = await refresh(world.ports, OWNER, WAY);
    await upTo(id, 'takeDown');
    expect(await held()).toBeNull();
    await upTo(id, 'swap');
    expect(await held()).toBe(id);
    await world.driven(id);
    expect(await held()).toBeNull();
    world = await new RefreshWorld({ options: { unavailableThroughout: true } }).register();
    const whole = await refresh(world.ports, OWNER, WAY);
    await upTo(whole.id, 'copy');
    expect(await held()).toBe(whole.id);
  });

  it('lets nobody in while names are exchanged, and ends only the target’s sessions', async () => {
    const reader = world.prod.enter('AxDB', 'ax_production');
    const user = world.uat.enter('AxDB', 'ax_sandbox');
    const { id } = await refresh(world.ports, OWNER, WAY);
    await upTo(id, 'takeDown');
    expect(world.uat.read(user ?? 0)).not.toBeNull();
    await upTo(id, 'swap');
    expect(world.uat.read(user ?? 0)).toBeNull();
    expect(world.uat.enter('AxDB', 'ax_sandbox')).toBeNull();
    await upTo(id, 'open');
    expect(world.uat.enter('AxDB', 'ax_sandbox')).toBeNull();
    await world.driven(id);
    expect(world.uat.enter('AxDB', 'ax_sandbox')).not.toBeNull();
    expect(world.prod.read(reader ?? 0)).not.toBeNull();
  });

  it('asks for one database synchronization, and waits without keeping a worker', async () => {
    world.synchronization.looks = 3;
    const { id } = await refresh(world.ports, OWNER, WAY);
    await upTo(id, 'synchronize');
    const outcome = await world.wait(runStep(world.ports, id));
    expect(outcome).toMatchObject({ outcome: 'again', step: 'synchronize' });
    expect(await world.operation(id)).toMatchObject({ turn: null, attempts: 0 });
    await world.driven(id);
    expect(world.synchronization.begun).toEqual([id]);
  });

  it('is Completed without one where none is configured', async () => {
    world = await new RefreshWorld().register({ uat: { synchronizationUrl: null } });
    expect(await world.refreshed()).toMatchObject({ state: 'Completed' });
    expect(world.synchronization.begun).toEqual([]);
  });
});

describe('a sign-off', () => {
  it('drops the old databases and lets the next operation begin, not before', async () => {
    const first = await world.refreshed();
    await expect(refresh(world.ports, OWNER, WAY)).rejects.toThrow('PREVIOUS_NOT_SIGNED_OFF');
    const signed = await world.wait(signOff(world.ports, MANAGER, refOf(first.id)));
    expect(signed).toMatchObject({ state: 'SignedOff', step: null, signOff: { by: MANAGER } });
    expect(names()).toEqual(['AxDB', 'MRDB']);
    expect(await world.refreshed()).toMatchObject({ state: 'Completed' });
  });

  it('wants the steps of Retail functionality acknowledged', async () => {
    world = await new RefreshWorld().register({ uat: { retail: true } });
    const { id } = await world.refreshed();
    await expect(signOff(world.ports, OWNER, refOf(id), ['reprovision'])).rejects.toThrow('scale-unit');
    const all = ['reprovision', 'scale-unit', 'installers', 'devices', 'full-synchronization'];
    expect(await world.wait(signOff(world.ports, OWNER, refOf(id), all))).toMatchObject({ state: 'SignedOff' });
  });

  it('wants a second person where that is set', async () => {
    world = await new RefreshWorld({ options: { secondPersonSignsOff: true } }).register();
    const { id } = await world.refreshed();
    await expect(signOff(world.ports, OWNER, refOf(id))).rejects.toMatchObject({ code: 'SECOND_PERSON_NEEDED' });
    expect(await world.wait(signOff(world.ports, MANAGER, refOf(id)))).toMatchObject({ state: 'SignedOff' });
  });

  it('is given once, and not to what failed', async () => {
    world.synchronization.outcome = { status: 'failed', text: 'view X cannot be made' };
    const { id } = await world.refreshed();
    await expect(signOff(world.ports, OWNER, refOf(id))).rejects.toMatchObject({ code: 'OPERATION_STATE_FORBIDS' });
  });
});

describe('a refresh that fails', () => {
  it('before the swap leaves the target as it was, in service, and no copy', async () => {
    const rules = [
      ...world.ports.rules.rules,
      { id: 'x', title: 'x', table: 'CustTable', action: 'null', column: 'NO' },
    ];
    const ports = { ...world.ports, rules: { ...world.ports.rules, rules } } as typeof world.ports;
    await expect(refresh(ports, OWNER, WAY)).rejects.toThrow('SCRUB_COLUMN_MISSING');
    const { id } = await refresh(world.ports, OWNER, WAY);
    await upTo(id, 'verify');
    const { copy } = (await world.operation(id)).databases.transactional;
    const original = world.prod.byName('AxDB')?.tables ?? new Map();
    world.uat.change(copy.id ?? '', { tables: original });
    const failed = await world.driven(id);
    expect(failed).toMatchObject({ state: 'Failed', failure: { step: 'verify', code: 'SCRUB_NOT_VERIFIED' } });
    expect(world.target()).toEqual(before);
    expect(names()).toEqual(['AxDB', 'MRDB']);
    expect(await world.control.environments.get(UAT)).toMatchObject({ heldBy: null });
    await rollBack(world.ports, OWNER, refOf(id));
    expect(await world.driven(id)).toMatchObject({ state: 'RollbackCompleted' });
    expect(world.target()).toEqual(before);
  });

  it('whose copy has lost its Admin leaves the target as it was', async () => {
    const { id } = await refresh(world.ports, OWNER, WAY);
    await upTo(id, 'administrator');
    const { copy } = (await world.operation(id)).databases.transactional;
    alterTable(world.uat, copy.name, 'dbo.UserInfo', [{ ID: 'anna', ENABLE: 0, NETWORKALIAS: 'anna' }]);
    const failed = await world.driven(id);
    expect(failed).toMatchObject({ state: 'Failed', failure: { step: 'administrator', code: 'ADMIN_MISSING' } });
    expect(world.target()).toEqual(before);
    expect(names()).toEqual(['AxDB', 'MRDB']);
  });

  it('for a while goes on by itself', async () => {
    let faults = 3;
    const ports = world.makePorts(async (operation) => {
      if (operation === 'databases.giveAccess' && faults-- > 0) {
        throw new FreshetError('DATABASE_UNAVAILABLE', { text: 'busy' });
      }
    });
    const { id } = await refresh(ports, OWNER, WAY);
    expect(await world.driven(id, ports)).toMatchObject({ state: 'Completed' });
  });

  it('in its database synchronization can be rolled back to the very state before', async () => {
    world.synchronization.outcome = { status: 'failed', text: 'view X cannot be made' };
    const failed = await world.refreshed();
    expect(failed).toMatchObject({ state: 'Failed', failure: { step: 'synchronize' } });
    expect(failed.failure?.message).toContain('view X cannot be made');
    expect(await world.control.environments.get(UAT)).toMatchObject({ heldBy: failed.id });
    await rollBack(world.ports, MANAGER, refOf(failed.id));
    expect(await fetchStatus(world.ports, refOf(failed.id))).toMatchObject({ state: 'RollbackInProgress' });
    expect(await world.driven(failed.id)).toMatchObject({ state: 'RollbackCompleted', rolledBackBy: MANAGER });
    expect(world.target()).toEqual(before);
    expect(names()).toEqual(['AxDB', 'MRDB']);
    expect(await world.control.environments.get(UAT)).toMatchObject({ heldBy: null });
    world.synchronization.outcome = { status: 'succeeded', text: '' };
    expect(await world.refreshed()).toMatchObject({ state: 'Completed' });
  });
});

describe('a rollback', () => {
  it('leads back from Completed, too, until the sign-off', async () => {
    const { id } = await world.refreshed();
    await rollBack(world.ports, OWNER, refOf(id));
    expect(await world.driven(id)).toMatchObject({ state: 'RollbackCompleted' });
    expect(world.target()).toEqual(before);
    await expect(rollBack(world.ports, OWNER, refOf(id))).rejects.toMatchObject({ code: 'OPERATION_STATE_FORBIDS' });
  });

  it('restores an old database that somebody dropped', async () => {
    world = await new RefreshWorld({ restores: true }).register();
    before = world.target();
    const { id } = await refresh(world.ports, OWNER, WAY);
    await upTo(id, 'takeDown');
    for (const { old } of Object.values((await world.operation(id)).databases))
      world.uat.keepRestorePoint(old.id ?? '', world.clock.now());
    const { databases } = await world.driven(id);
    world.uat.remove(databases.transactional.old.id ?? '');
    await rollBack(world.ports, OWNER, refOf(id));
    expect(await world.driven(id)).toMatchObject({ state: 'RollbackCompleted' });
    expect(world.target()).toEqual(before);
  });

  it('that fails leaves the new data in service, and may be tried again', async () => {
    const { id, databases } = await world.refreshed();
    const { old } = databases.transactional;
    const dropped = world.uat.byId(old.id ?? '');
    world.uat.remove(old.id ?? '');
    const after = world.target();
    await rollBack(world.ports, OWNER, refOf(id));
    expect(await world.driven(id)).toMatchObject({ state: 'RollbackFailed', failure: { step: 'restore' } });
    expect(world.target()).toEqual(after);
    world.uat.create(old.name, { ...dropped, state: 'shut' });
    await rollBack(world.ports, OWNER, refOf(id));
    expect(await world.driven(id)).toMatchObject({ state: 'RollbackCompleted' });
    expect(world.target()).toEqual(before);
  });
});

describe('an abort', () => {
  it('until the swap leaves nothing behind but the log of it', async () => {
    for (const step of ['begin', 'copy', 'scrub', 'verify', 'takeDown']) {
      const { id } = await refresh(world.ports, OWNER, WAY);
      await upTo(id, step);
      if (step === 'takeDown') {
        await expect(abort(world.ports, MANAGER, refOf(id))).rejects.toMatchObject({ code: 'OPERATION_STATE_FORBIDS' });
        expect(await world.driven(id)).toMatchObject({ state: 'Completed' });
        break;
      }
      expect(await abort(world.ports, MANAGER, refOf(id))).toMatchObject({ abortedBy: MANAGER });
      expect(await world.driven(id)).toMatchObject({ state: 'Aborted', failure: null });
      expect(world.target()).toEqual(before);
      expect(names()).toEqual(['AxDB', 'MRDB']);
      world = await new RefreshWorld().register();
    }
  });

  it('ends a step that is under way', async () => {
    let aborting = true;
    world = await new RefreshWorld({
      within: async () => {
        if (!aborting) return;
        aborting = false;
        await abort(world.ports, MANAGER, refOf(world.running));
        await world.clock.sleep(TURN_MS / 2);
      },
    }).register();
    const { id } = await refresh(world.ports, OWNER, WAY);
    world.running = id;
    expect(await world.driven(id)).toMatchObject({ state: 'Aborted' });
    expect(names()).toEqual(['AxDB', 'MRDB']);
  });
});

describe('a worker', () => {
  it('waits while another one gives signs, and takes over when it gives none', async () => {
    const { id } = await refresh(world.ports, OWNER, WAY);
    void runStep(diesAt('databases.find'), id);
    await world.clock.advance(1);
    const outcome = await world.wait(runStep(world.ports, id));
    expect(outcome).toMatchObject({ outcome: 'again', step: 'wait' });
    expect(await world.driven(id)).toMatchObject({ state: 'Completed' });
  });

  it('finds a request that died before it was answered, and withdraws it', async () => {
    void refresh(diesAt('databases.freeBytes'), OWNER, WAY);
    await world.clock.advance(1);
    const [lock] = await world.control.operations.locking(PROD);
    await world.clock.advance(300_000);
    const strays = await strayOperations(world.ports);
    expect(strays).toEqual([lock?.id]);
    for (const id of strays) expect(await runStep(world.ports, id)).toEqual({ outcome: 'ended', state: null });
    expect(await world.refreshed()).toMatchObject({ state: 'Completed' });
  });
});
