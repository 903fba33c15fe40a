import type { ChangeType, RetryEntry } from '../../destination/model.ts';
import type { ExportPorts } from '../ports.ts';
import { DATA_FOLDER, failuresContainer, hourFolder, LOG_FOLDER } from './folders.ts';

/** A line of the failure log in the original's very format (reference: data-export-api.md, section 8). */
export function failureLine(failure: {
  readonly entity: string;
  readonly recordId: string;
  readonly notifiedAt: number | null;
  readonly changeType: ChangeType | 'Trigger Initial Export';
  readonly reason: string;
}): string {
  const { entity, recordId, notifiedAt, changeType, reason } = failure;
  const time = notifiedAt === null ? '' : usDateTime(notifiedAt);
  return `Entity: ${entity}, RecordId: ${recordId}, NotificationTime: ${time}, ChangeType: ${changeType}, FailureReason: ${reason}\n`;
}

/** `8/31/2016 6:50:38 PM`, in UTC. */
export function usDateTime(ms: number): string {
  const date = new Date(ms);
  const hour = date.getUTCHours();
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
  const time = `${hour % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day} ${time} ${hour < 12 ? 'AM' : 'PM'}`;
}

/** A destination that cannot be used: one line per opening of the breaker. */
export async function writeDestinationFailure(
  ports: ExportPorts,
  profileId: string,
  at: number,
  text: string,
): Promise<void> {
  const line = failureLine({ entity: 'N/A', recordId: 'N/A', notifiedAt: null, changeType: 'Update', reason: text });
  await putLine(ports, profileId, at, ports.newId(), line);
}

/**
 * The JSON of failed records that one settlement ended, all of them or some. Names here and of the lines derive from the
 * records, so that doing it again after a crash writes the same blobs, never a second line.
 */
export async function writeFailedRecords(
  ports: ExportPorts,
  profileId: string,
  settlementId: string,
  failed: readonly { entry: RetryEntry; record: object }[],
): Promise<void> {
  const container = failuresContainer(profileId);
  for (const { entry, record } of failed) {
    const name = `${DATA_FOLDER}/${entry.entity}/${entry.id}_${settlementId}.json`;
    await ports.blobs.put(container, name, Buffer.from(JSON.stringify(record, null, 2)), 'application/json');
  }
}

/** The lines of all failed records that one settlement ended, in one blob. */
export async function writeFailureLines(
  ports: ExportPorts,
  profileId: string,
  settlementId: string,
  failed: readonly RetryEntry[],
): Promise<void> {
  const lines = failed.map((entry) => failureLine({ ...entry, recordId: entry.id }));
  const at = Math.min(...failed.map(({ failedAt }) => failedAt ?? ports.clock.now()));
  await putLine(ports, profileId, at, settlementId, lines.join(''));
}

async function putLine(ports: ExportPorts, profileId: string, at: number, name: string, text: string): Promise<void> {
  const blob = `${LOG_FOLDER}/${hourFolder(at)}/${name}.txt`;
  await ports.blobs.put(failuresContainer(profileId), blob, Buffer.from(text), 'text/plain; charset=utf-8');
}
