import { nextMoment } from '../rules/schedule.ts';
import type { Schedule, Schedules } from '../schedules.port.ts';
import type { AtOnce, Memory } from './state.ts';

export function memorySchedules(memory: Memory): AtOnce<Schedules> {
  const all = () => memory.state.schedules;
  return {
    save: (schedule) => void all().set(schedule.id, schedule),
    list: (projectId) => [...all().values()].filter((one) => one.projectId === projectId).sort(soonestFirst),
    remove: (projectId, id) => all().get(id)?.projectId === projectId && all().delete(id),
    take(now) {
      const due = [...all().values()].filter(({ nextAt }) => nextAt !== null && nextAt <= now).sort(soonestFirst);
      for (const one of due) all().set(one.id, { ...one, nextAt: nextMoment(one, now) });
      return due;
    },
  };
}

function soonestFirst(a: Schedule, b: Schedule): number {
  return (a.nextAt ?? Number.MAX_VALUE) - (b.nextAt ?? Number.MAX_VALUE) || (a.id < b.id ? -1 : 1);
}
