import type { z } from 'zod';
import type { Schedule } from '../../../shared/control/schedules.port.ts';
import { listSchedules, removeSchedule, scheduleRefresh } from '../../../shared/refresh/requests/schedules.ts';
import { MOVEMENT, WAY, wayOf } from './database-movement.ts';
import { type LcsEndpoint, readBody } from './endpoint.ts';
import { lcsResult, scheduleAnswer, scheduleBody, scheduleList, type scheduleRow } from './shapes.ts';
import { lcsTime } from './times.ts';

const SCHEDULE = `${MOVEMENT}/schedule/project/{projectId}`;
const HOUR_MS = 3_600_000;

/** Refreshes that begin by themselves, in a quiet hour. */
export const SCHEDULE_ENDPOINTS: readonly LcsEndpoint[] = [
  {
    name: 'DatabaseMovement_GetSchedules',
    method: 'GET',
    route: SCHEDULE,
    summary: 'The scheduled refreshes of a project, and what came of the last of each.',
    answer: scheduleList,
    role: 'Reader',
    handler: async ({ app, projectId }) => ({
      Data: (await listSchedules(app.refresh, projectId)).map(scheduleJson),
    }),
  },
  {
    name: 'DatabaseMovement_Schedule',
    method: 'POST',
    route: `${MOVEMENT}/schedule/${WAY}`,
    summary: 'Schedules a refresh, once or again and again. It is checked and counted when it begins.',
    body: scheduleBody,
    answer: scheduleAnswer,
    role: 'EnvironmentManager',
    handler: async (call) => {
      const { At, EveryHours } = await readBody(call.request, scheduleBody);
      const everyMs = EveryHours ? EveryHours * HOUR_MS : null;
      const wanted = { ...wayOf(call), at: Date.parse(At), everyMs };
      return { Schedule: scheduleJson(await scheduleRefresh(call.app.refresh, call.person, wanted)) };
    },
  },
  {
    name: 'DatabaseMovement_RemoveSchedule',
    method: 'DELETE',
    route: `${SCHEDULE}/schedule/{scheduleId}`,
    summary: 'Removes a schedule; an operation that it began goes on.',
    answer: lcsResult,
    role: 'EnvironmentManager',
    handler: async ({ app, projectId, param }) => {
      await removeSchedule(app.refresh, projectId, param('scheduleId'));
      return {};
    },
  },
];

function scheduleJson(schedule: Schedule): z.infer<typeof scheduleRow> {
  const { nextAt, everyMs, last } = schedule;
  return {
    ScheduleId: schedule.id,
    ProjectId: schedule.projectId,
    SourceEnvironmentId: schedule.sourceId,
    TargetEnvironmentId: schedule.targetId,
    NextDateTimeUtc: nextAt === null ? null : lcsTime(nextAt),
    EveryHours: everyMs === null ? null : everyMs / HOUR_MS,
    CreatedBy: schedule.by.name,
    Last: last && {
      DateTimeUtc: lcsTime(last.at),
      OperationActivityId: last.operationId,
      ErrorMessage: last.refused,
    },
  };
}
