import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, mkdir, mkdtemp, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { StartFailure } from '../support/failure.ts';
import { readIfThere, replaceFile } from '../support/files.ts';
import type { Programs } from './binaries.ts';
import { PASSWORD, USER } from './connection.ts';
import { canReach, isRoot, nobody, reachableFolder, type ServerUser, spawnAs } from './server-user.ts';

const run = promisify(execFile);

/** Where the cluster lies when the server's user cannot reach the data folder. /var/tmp first, for it outlives a reboot. */
const OUTSIDE = ['/var/tmp', os.tmpdir(), '/tmp'];
const OUTSIDE_PREFIX = 'freshet-postgres-';
/** In the data folder: where the cluster lies. Beside the cluster: whose it is. Only a pair that agrees is believed. */
const POINTER = 'cluster.path';
const BELONGS_TO = 'belongs-to';

/** PostgreSQL's data folder and the user that owns it and runs the server (null: the one we are). */
export interface Cluster {
  readonly folder: string;
  readonly user: ServerUser | null;
  /** Stands in the title of each of the server's processes, by which those left over after a crash are known. */
  readonly name: string;
}

/** Finds the cluster of a data folder, or the place where it is to be made. */
export async function locateCluster(data: string): Promise<Cluster> {
  const inside = path.join(data, 'cluster');
  const existing = (await pointedTo(data)) ?? ((await stat(inside).catch(() => null)) ? inside : null);
  if (existing) return named(existing, await ownerOf(existing));
  if (!isRoot()) return named(inside, null);
  const user = await nobody();
  return named((await canReach(user, data)) ? inside : await placeOutside(data, user), user);
}

/** Makes the cluster if it is not there. A crash half-way leaves nothing behind that would be taken for one. */
export async function ensureCluster(cluster: Cluster, programs: Programs, durable: boolean): Promise<void> {
  if (await stat(cluster.folder).catch(() => null)) return;
  const draft = `${cluster.folder}.new`;
  const passwordFile = `${cluster.folder}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
  if (cluster.user) await Promise.all([draft, passwordFile].map((it) => giveTo(it, cluster.user)));
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  try {
    await run(
      programs.initdb,
      [`--pgdata=${draft}`, ...locale, ...access, ...(durable ? [] : ['--no-sync'])],
      spawnAs(cluster.user),
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, cluster.folder);
}

/** The cluster of a data folder if there is one, and the folder to remove with it. */
export async function existingCluster(data: string): Promise<{ cluster: Cluster; outside: string | null } | null> {
  const outside = await pointedTo(data);
  const folder = outside ?? path.join(data, 'cluster');
  if (!(await stat(folder).catch(() => null))) return null;
  return { cluster: await named(folder, null), outside: outside === null ? null : path.dirname(outside) };
}

async function named(folder: string, user: ServerUser | null): Promise<Cluster> {
  const real = path.join(await realpath(path.dirname(folder)), path.basename(folder));
  const name = `freshet-${createHash('sha256').update(real).digest('hex').slice(0, 16)}`;
  return { folder: real, user, name };
}

/** As root, the server runs as whoever owns the cluster, so that one made without root goes on being its owner's. */
async function ownerOf(folder: string): Promise<ServerUser | null> {
  const { uid, gid } = await stat(folder);
  if (uid === process.getuid?.()) return null;
  const owner = { uid, gid };
  if (isRoot() && (await canReach(owner, folder))) return owner;
  throw new StartFailure(
    `the databases in ${folder} belong to another user (uid ${uid})`,
    'Start Freshet as before (as root, if it was root), or remove the local data with npm run reset, as root',
  );
}

async function placeOutside(data: string, user: ServerUser): Promise<string> {
  const place = await mkdtemp(path.join(await reachableFolder(user, OUTSIDE), OUTSIDE_PREFIX));
  await writeFile(path.join(place, BELONGS_TO), await realpath(data));
  await giveTo(place, user);
  const folder = path.join(place, 'cluster');
  await replaceFile(path.join(data, POINTER), folder);
  return folder;
}

/** The cluster that the pointer names; null without one, or when that one belongs to another data folder (a copied clone) or is gone. */
async function pointedTo(data: string): Promise<string | null> {
  const folder = await readIfThere(path.join(data, POINTER));
  if (folder === null || !path.basename(path.dirname(folder)).startsWith(OUTSIDE_PREFIX)) return null;
  const owner = await readIfThere(path.join(path.dirname(folder), BELONGS_TO));
  return owner === (await realpath(data)) ? folder : null;
}

async function giveTo(file: string, user: ServerUser | null): Promise<void> {
  if (user) await chown(file, user.uid, user.gid);
}
