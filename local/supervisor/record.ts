import path from 'node:path';
import { readIfThere, replaceFile } from '../support/files.ts';
import { type ProcessMark, signalProcess, stillLives } from '../support/processes.ts';
import { until } from '../support/until.ts';
import type { PartState } from './part.ts';

/** Longer than the parts, which are already asked to stop by their leash, take at most. */
const END_MS = 30_000;
const KILL_MS = 5_000;

/** An entry of parts.json: `began` tells whether a process of that number is still the same. */
export type RecordedPart = PartState & ProcessMark;

const recordFile = (folder: string) => path.join(folder, 'parts.json');

/** What runs, for other programs and for the start after a kill -9. */
export function writeRecord(folder: string, parts: readonly RecordedPart[]): Promise<void> {
  return replaceFile(recordFile(folder), `${JSON.stringify(parts, null, 2)}\n`);
}

/** Ends the processes that a killed supervisor left behind; others that have got their numbers meanwhile are left alone. */
export async function endLeftovers(folder: string): Promise<void> {
  await Promise.all((await readRecord(folder)).map(endIfOurs));
}

async function endIfOurs(mark: ProcessMark): Promise<void> {
  const gone = async () => !(await stillLives(mark));
  for (const [signal, withinMs] of [
    ['SIGTERM', END_MS],
    ['SIGKILL', KILL_MS],
  ] as const) {
    if (await gone()) return;
    signalProcess(mark.pid, signal);
    if (await until(gone, withinMs)) return;
  }
}

async function readRecord(folder: string): Promise<RecordedPart[]> {
  const text = await readIfThere(recordFile(folder));
  try {
    const parts: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
