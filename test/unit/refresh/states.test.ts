import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { refreshStatesPage } from '../../../docs/generate.ts';
import { OPERATION_STATES } from '../../../shared/control/operation.ts';
import { type Following, RUNBOOK, RUNBOOK_STEPS } from '../../../shared/refresh/runbook/plan.ts';
import { STEPS } from '../../../shared/refresh/runbook/steps.ts';
import { OPERATION_EVENTS, STATE_TABLE, stateAfter } from '../../../shared/refresh/states.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

describe('the states of an operation', () => {
  it('are what docs/refresh-states.md shows (npm run docs writes it)', () => {
    expect(readFileSync(path.join(ROOT, 'docs/refresh-states.md'), 'utf8')).toBe(refreshStatesPage());
  });

  it('are all reached, and every event happens', () => {
    const reached = new Set(['NotStarted', ...Object.values(STATE_TABLE).flatMap((events) => Object.values(events))]);
    expect([...reached].sort()).toEqual([...OPERATION_STATES].sort());
    const events = new Set(Object.values(STATE_TABLE).flatMap((row) => Object.keys(row)));
    expect([...events].sort()).toEqual([...OPERATION_EVENTS].sort());
  });

  it('let nobody sign off what failed, nor roll back what is signed off', () => {
    expect(stateAfter('Failed', 'sign off')).toBeNull();
    expect(stateAfter('SignedOff', 'roll back')).toBeNull();
    expect(stateAfter('InProgress', 'roll back')).toBeNull();
    expect(stateAfter('RollbackFailed', 'roll back')).toBe('RollbackInProgress');
  });
});

describe('the runbook', () => {
  it('reaches every step but those that people ask for, and has each of them', () => {
    const following = (one: Following | 'again') => (typeof one === 'object' && 'step' in one ? [one.step] : []);
    const reached = RUNBOOK_STEPS.flatMap((step) => [
      ...following(RUNBOOK[step].next),
      ...following(RUNBOOK[step].failed),
    ]);
    const askedFor = ['preflight', 'rollbackTakeDown', 'dropOld'];
    expect(RUNBOOK_STEPS.filter((step) => !reached.includes(step))).toEqual(askedFor);
    expect(['preflight', ...Object.keys(STEPS)].sort()).toEqual([...RUNBOOK_STEPS].sort());
  });

  it('may be aborted until the swap', () => {
    expect(RUNBOOK_STEPS.filter((step) => RUNBOOK[step].abortable)).toEqual([
      ...['begin', 'copy', 'scrub', 'verify', 'administrator', 'finish', 'users'],
    ]);
  });
});
