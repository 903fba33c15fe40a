import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from './failure.ts';
import { readIfThere } from './files.ts';
import { markProcess, type ProcessMark, stillLives } from './processes.ts';
import { until } from './until.ts';

/** How long another process may take from making its lock file to having written it. */
const WRITE_MS = 500;

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a lock file for this process. When a living process holds it, that one's mark is returned instead; the lock of a
 * process that was killed is taken over.
 */
export async function takeLock(file: string): Promise<Lock | ProcessMark> {
  const own = (await markProcess(process.pid)) ?? { pid: process.pid, began: '' };
  const token = randomBytes(8).toString('hex');
  await mkdir(path.dirname(file), { recursive: true });
  for (;;) {
    if (await writeNew(file, JSON.stringify({ ...own, token }))) return { release: () => releaseOwn(file, token) };
    const other = (await lockHolder(file)) ?? (await moveStaleAway(file, `${file}.${token}`));
    if (other) return other;
  }
}

export function isLock(taken: Lock | ProcessMark): taken is Lock {
  return 'release' in taken;
}

/** The living process that holds the lock, or null. */
export async function lockHolder(file: string): Promise<ProcessMark | null> {
  await until(async () => (await readIfThere(file)) !== '', WRITE_MS);
  const content = await readContent(file);
  return content && (await stillLives(content)) ? { pid: content.pid, began: content.began } : null;
}

/**
 * Moved first and looked at again, because another process may have replaced the stale lock by its own in the meantime:
 * that one is put back, and its holder returned.
 */
async function moveStaleAway(file: string, aside: string): Promise<ProcessMark | null> {
  await rename(file, aside).catch(() => undefined);
  const holder = await lockHolder(aside);
  if (holder) await rename(aside, file);
  else await rm(aside, { force: true });
  return holder;
}

interface Content extends ProcessMark {
  readonly token: string;
}

async function readContent(file: string): Promise<Content | null> {
  try {
    return JSON.parse((await readIfThere(file)) ?? 'null') as Content | null;
  } catch {
    return null;
  }
}

async function writeNew(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function releaseOwn(file: string, token: string): Promise<void> {
  if ((await readContent(file))?.token === token) await rm(file, { force: true });
}
