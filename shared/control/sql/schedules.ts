import type { Selectable } from 'kysely';
import { nextMoment } from '../rules/schedule.ts';
import type { Schedule, Schedules } from '../schedules.port.ts';
import type { ControlDatabase, Tx } from './database.ts';
import { json } from './rows.ts';
import type { ScheduleTable } from './schema.ts';

export function sqlSchedules(database: ControlDatabase): Schedules {
  return {
    save: (schedule) => database.transaction((tx) => save(tx, schedule)),
    async list(projectId) {
      const rows = await database.run((db) =>
        db.selectFrom('schedules').selectAll().where('projectId', '=', projectId).orderBy('id').execute(),
      );
      return rows.map(scheduleOf).sort((a, b) => (a.nextAt ?? Number.MAX_VALUE) - (b.nextAt ?? Number.MAX_VALUE));
    },
    async remove(projectId, id) {
      const { numDeletedRows } = await database.run((db) =>
        db.deleteFrom('schedules').where('projectId', '=', projectId).where('id', '=', id).executeTakeFirst(),
      );
      return numDeletedRows > 0n;
    },
    take: (now) => database.transaction((tx) => take(tx, now)),
  };
}

async function save(tx: Tx, schedule: Schedule): Promise<void> {
  const { id, projectId, nextAt } = schedule;
  await tx.deleteFrom('schedules').where('id', '=', id).execute();
  await tx
    .insertInto('schedules')
    .values({ id, projectId, nextAt, schedule: json(schedule) })
    .execute();
}

async function take(tx: Tx, now: number): Promise<Schedule[]> {
  const rows = await tx
    .selectFrom('schedules')
    .selectAll()
    .where('nextAt', '<=', now)
    .orderBy('nextAt')
    .orderBy('id')
    .forUpdate()
    .execute();
  const due = rows.map(scheduleOf);
  for (const one of due) {
    const nextAt = nextMoment(one, now);
    await tx
      .updateTable('schedules')
      .set({ nextAt, schedule: json({ ...one, nextAt }) })
      .where('id', '=', one.id)
      .execute();
  }
  return due;
}

function scheduleOf({ schedule }: Selectable<ScheduleTable>): Schedule {
  return JSON.parse(schedule) as Schedule;
}
