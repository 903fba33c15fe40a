import type { Person } from '../../control/operation.ts';
import type { Schedule } from '../../control/schedules.port.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { RefreshPorts } from '../ports.ts';
import { environmentsOf, type Way } from '../preflight/preflight.ts';
import { refresh } from './refresh.ts';

/** No one wants the same copied more often; the limit of operations would stop it anyway. */
const EVERY_MIN_MS = 3_600_000;

export interface ScheduleWanted extends Way {
  /** Ms since 1970 UTC; a moment that has passed is refused. */
  readonly at: number;
  /** Between two refreshes; null: once. */
  readonly everyMs: number | null;
}

/** Plans a refresh for a quiet hour, once or again and again. SCHEDULE_INVALID, ENVIRONMENT_NOT_FOUND. */
export async function scheduleRefresh(ports: RefreshPorts, by: Person, wanted: ScheduleWanted): Promise<Schedule> {
  const { source, target } = await environmentsOf(ports, wanted);
  const { at, everyMs } = wanted;
  if (!(at > ports.clock.now())) throw new FreshetError('SCHEDULE_INVALID', { reason: 'the moment has passed' });
  if (everyMs !== null && !(everyMs >= EVERY_MIN_MS))
    throw new FreshetError('SCHEDULE_INVALID', { reason: 'the interval is shorter than an hour' });
  const { projectId } = wanted;
  const id = ports.newId();
  const way = { projectId, sourceId: source.id, targetId: target.id };
  const schedule: Schedule = { ...way, id, by, nextAt: at, everyMs, last: null };
  await ports.control.schedules.save(schedule);
  return schedule;
}

export const listSchedules = (ports: RefreshPorts, projectId: number): Promise<Schedule[]> =>
  ports.control.schedules.list(projectId);

/** SCHEDULE_NOT_FOUND. */
export async function removeSchedule(ports: RefreshPorts, projectId: number, id: string): Promise<void> {
  if (!(await ports.control.schedules.remove(projectId, id)))
    throw new FreshetError('SCHEDULE_NOT_FOUND', { scheduleId: id });
}

/** Begins what is due, as if somebody had asked; answers with the operations to drive. What is refused is kept with the schedule. */
export async function refreshBySchedule(ports: RefreshPorts): Promise<string[]> {
  const begun: string[] = [];
  for (const due of await ports.control.schedules.take(ports.clock.now())) {
    const outcome = await refresh(ports, due.by, due).then(
      ({ id }) => ({ operationId: id, refused: null }),
      (error: unknown) => {
        if (!isFreshetError(error)) throw error;
        ports.log.write('warn', 'scheduled refresh refused', { scheduleId: due.id, code: error.code });
        return { operationId: null, refused: `${error.message} (${error.code})` };
      },
    );
    if (outcome.operationId !== null) begun.push(outcome.operationId);
    await keepOutcome(ports, due, { at: ports.clock.now(), ...outcome });
  }
  return begun;
}

/** Its next moment was set when it was taken; somebody may have removed it since. */
async function keepOutcome(ports: RefreshPorts, due: Schedule, last: NonNullable<Schedule['last']>): Promise<void> {
  const [now] = (await ports.control.schedules.list(due.projectId)).filter(({ id }) => id === due.id);
  if (now) await ports.control.schedules.save({ ...now, last });
}
