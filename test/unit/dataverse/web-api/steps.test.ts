import { describe, expect, it } from 'vitest';
import { planSteps, type Step, type WantedStep } from '../../../../shared/dataverse/web-api/steps.ts';

const wanted = (message: string, entity: string | null): WantedStep => ({
  message,
  entity,
  messageId: 'm',
  filterId: 'f',
});
const step = (id: string, message: string, entity: string | null, rest: Partial<Step> = {}): Step => ({
  id,
  message,
  entity,
  isEnabled: true,
  isFitting: true,
  ...rest,
});

const update = wanted('Update', 'account');
const link = wanted('Associate', null);

describe('the steps of an endpoint', () => {
  it('that are missing are added', () => {
    expect(planSteps([update, link], [])).toEqual({ add: [update, link], enable: [], remove: [] });
  });

  it('that stand are left alone', () => {
    const standing = [step('1', 'Update', 'account'), step('2', 'Associate', null)];
    expect(planSteps([update, link], standing)).toEqual({ add: [], enable: [], remove: [] });
  });

  it('that are disabled are enabled', () => {
    const disabled = step('1', 'Update', 'account', { isEnabled: false });
    expect(planSteps([update], [disabled])).toEqual({ add: [], enable: [disabled], remove: [] });
  });

  it('that nobody wants, or that stand twice, are removed', () => {
    const twice = [step('1', 'Update', 'account'), step('2', 'Update', 'account'), step('3', 'Update', 'contact')];
    const plan = planSteps([update], twice);
    expect(plan.add).toEqual([]);
    expect(plan.remove.length).toBe(2);
    expect(plan.remove).toContainEqual(step('3', 'Update', 'contact'));
  });

  it('that do not fit any more are replaced', () => {
    const synchronous = step('1', 'Update', 'account', { isFitting: false });
    expect(planSteps([update], [synchronous])).toEqual({ add: [update], enable: [], remove: [synchronous] });
  });
});
