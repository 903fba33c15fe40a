import type { ChangeType, RetryEntry } from '../../destination/model.ts';
import type { ExportPorts } from '../ports.ts';
import { DATA_FOLDER, failuresContainer, hourFolder, LOG_FOLDER } from './folders.ts';
import { logFolderOf } from './settlements.ts';

/** What a line says was to be done; the last stands for a table's definition and first fill. */
export type LoggedChange = ChangeType | 'Trigger Initial Export';

/** A line of the failure log in the original's very format (reference: data-export-api.md, section 8). */
export function failureLine(failure: {
  readonly entity: string;
  readonly recordId: string;
  readonly notifiedAt: number | null;
  readonly changeType: LoggedChange;
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
  for (const { entry, record } of failed) {
    // An id that a destination refuses may be anything.
    const name = `${DATA_FOLDER}/${entry.entity}/${encodeURIComponent(entry.id)}_${settlementId}.json`;
    await putJson(ports, profileId, name, record);
  }
}

/**
 * The lines of all failed records that one settlement ended, in one blob. Once written it stays as it is: a crash may have
 * kept the destination from knowing, and some of the records may have been replaced since.
 */
export async function writeFailureLines(
  ports: ExportPorts,
  profileId: string,
  settlementId: string,
  failed: readonly RetryEntry[],
): Promise<void> {
  const lines = failed.map((entry) => failureLine({ ...entry, recordId: entry.id }));
  const at = Math.min(...failed.map(({ failedAt }) => failedAt ?? ports.clock.now()));
  const folder = logFolderOf(settlementId);
  if (await ports.blobs.get(failuresContainer(profileId), lineBlob(folder, at, settlementId))) return;
  await putLines(ports, profileId, at, settlementId, lines.join(''), folder);
}

/** Writes lines as a blob of their hour. `at`: ms; `name`: the same for the same lines. */
export async function putLines(
  ports: ExportPorts,
  profileId: string,
  at: number,
  name: string,
  text: string,
  folder = LOG_FOLDER,
): Promise<void> {
  const blob = lineBlob(folder, at, name);
  await ports.blobs.put(failuresContainer(profileId), blob, Buffer.from(text), 'text/plain; charset=utf-8');
}

function lineBlob(folder: string, at: number, name: string): string {
  return `${folder}/${hourFolder(at)}/${name}.txt`;
}

/** Writes a JSON that people read. */
export async function putJson(ports: ExportPorts, profileId: string, name: string, content: object): Promise<void> {
  const text = JSON.stringify(content, null, 2);
  await ports.blobs.put(failuresContainer(profileId), name, Buffer.from(text), 'application/json');
}
