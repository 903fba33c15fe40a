import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { StartFailure } from '../support/failure.ts';

/** Whom the server runs as when Freshet itself runs as root, which PostgreSQL refuses. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** What Linux gives to nobody where /etc/passwd does not say otherwise. */
const NOBODY: ServerUser = { uid: 65_534, gid: 65_534 };

export const isRoot = (): boolean => process.getuid?.() === 0;

export async function nobody(): Promise<ServerUser> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(users) ?? [];
  return uid && gid && Number(uid) > 0 ? { uid: Number(uid), gid: Number(gid) } : NOBODY;
}

/**
 * How PostgreSQL's programs are spawned: as that user; from a folder that everybody may enter, for they ask for their
 * current one; without the variables that would lead them (PGDATA, PGPORT, PGOPTIONS) or translate their messages.
 */
export function spawnAs(user: ServerUser | null) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name)));
  return { ...(user ?? {}), cwd: path.parse(process.execPath).root, env: { ...env, LC_ALL: 'C' }, windowsHide: true };
}

/** Whether `user` may walk to `target` (a folder, or one that is to be made): each folder above lets him pass. */
export async function canReach(user: ServerUser, target: string): Promise<boolean> {
  for (let folder = await realExisting(target); ; folder = path.dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const mayPass = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & mayPass) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/** The first of the folders that exists and that the user reaches. */
export async function reachableFolder(user: ServerUser | null, candidates: readonly string[]): Promise<string> {
  for (const candidate of candidates) {
    const folder = await realpath(candidate).catch(() => null);
    if (folder !== null && (user === null || (await canReach(user, folder)))) return folder;
  }
  throw new StartFailure(
    `none of ${candidates.join(', ')} can be reached by the user that runs PostgreSQL`,
    'Start Freshet as a normal user instead of root',
  );
}

/** The nearest folder at or above `target` that exists. */
async function realExisting(target: string): Promise<string> {
  const found = await realpath(target).catch(() => null);
  return found ?? realExisting(path.dirname(target));
}
