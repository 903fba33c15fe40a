import { beforeEach, expect, it } from 'vitest';
import type { Control } from '../../../shared/control/port.ts';
import type { Schedule } from '../../../shared/control/schedules.port.ts';
import type { MakeControl } from './kit.ts';

export function describeSchedules(make: MakeControl): void {
  let control: Control;
  const schedule = (id: string, nextAt: number | null, everyMs: number | null = null): Schedule => ({
    projectId: 7,
    id,
    sourceId: 'prod',
    targetId: 'uat',
    by: { id: 'olga', name: 'Olga "Ö"' },
    nextAt,
    everyMs,
    last: null,
  });

  beforeEach(async () => {
    control = (await make()).control;
  });

  it('are kept until somebody removes them, the next one first', async () => {
    await control.schedules.save(schedule('s1', 5_000));
    await control.schedules.save(schedule('s2', null));
    await control.schedules.save(schedule('s3', 3_000));
    const last = { at: 1, operationId: null, refused: 'no' };
    await control.schedules.save({ ...schedule('s3', 4_000), last });
    expect(await control.schedules.list(7)).toEqual([
      { ...schedule('s3', 4_000), last },
      schedule('s1', 5_000),
      schedule('s2', null),
    ]);
    expect(await control.schedules.list(8)).toEqual([]);
    expect(await control.schedules.remove(8, 's1')).toBe(false);
    expect(await control.schedules.remove(7, 's1')).toBe(true);
    expect(await control.schedules.remove(7, 's1')).toBe(false);
  });

  it('are handed out once when their moment has come, and come again after the interval, missed ones not', async () => {
    await control.schedules.save(schedule('once', 1_000));
    await control.schedules.save(schedule('daily', 500, 1_000));
    expect(await control.schedules.take(499)).toEqual([]);
    expect(await control.schedules.take(2_600)).toEqual([schedule('daily', 500, 1_000), schedule('once', 1_000)]);
    expect(await control.schedules.take(2_600)).toEqual([]);
    expect(await control.schedules.list(7)).toEqual([schedule('daily', 3_500, 1_000), schedule('once', null)]);
    expect(await control.schedules.take(3_500)).toEqual([schedule('daily', 3_500, 1_000)]);
    expect(await control.schedules.list(7)).toMatchObject([{ nextAt: 4_500 }, { nextAt: null }]);
  });
}
