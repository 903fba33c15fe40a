import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HAS_PROC = existsSync('/proc/self/stat');

/** A process and when it began: a pid alone may belong to another program by now. */
export interface ProcessMark {
  readonly pid: number;
  /** When it began, in the system's own words; only compared for equality. */
  readonly began: string;
}

export interface ProcessEntry {
  readonly pid: number;
  /** Arguments joined by spaces, or the title that the program has given itself. */
  readonly command: string;
}

/**
 * The mark of a living process, or null. One that has ended and was only not yet collected by its parent counts as ended.
 * Windows has neither /proc nor ps: there no mark is ever found, so that nothing is taken for ours by mistake.
 */
export async function markProcess(pid: number): Promise<ProcessMark | null> {
  const began = HAS_PROC ? await beganByProc(pid) : await beganByPs(pid);
  return began === null ? null : { pid, began };
}

/** Whether the very process that was marked still lives. */
export async function stillLives(mark: ProcessMark): Promise<boolean> {
  return (await markProcess(mark.pid))?.began === mark.began;
}

/** The nearest living process above this one whose command matches, or null. */
export async function findAncestor(command: RegExp): Promise<ProcessMark | null> {
  const all = await listProcesses();
  for (let pid = process.ppid; pid > 1; pid = await parentOf(pid)) {
    if (command.test(all.find((entry) => entry.pid === pid)?.command ?? '')) return markProcess(pid);
  }
  return null;
}

/** All living processes that we may see. */
export async function listProcesses(): Promise<ProcessEntry[]> {
  if (!HAS_PROC) return listByPs();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries = await Promise.all(pids.map(async (pid) => ({ pid, command: await commandByProc(pid) })));
  return entries.filter((entry) => entry.command !== '');
}

/** Sends a signal; a process that is gone already is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone, or not ours to end: the caller looks whether it still lives.
  }
}

async function beganByProc(pid: number): Promise<string | null> {
  const { state, began } = await readStat(pid);
  if (!began || state === 'Z' || state === 'X') return null;
  // Ticks since the boot, so the boot belongs to it.
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.trim()}/${began}`;
}

/** What proc(5) says about a process; nothing when it is gone. */
async function readStat(pid: number): Promise<{ state?: string; parent?: string; began?: string }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name, in brackets, may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], parent: fields[1], began: fields[19] };
}

/** 0 when it is gone. */
async function parentOf(pid: number): Promise<number> {
  return Number(HAS_PROC ? (await readStat(pid)).parent : await ps(['-o', 'ppid=', '-p', String(pid)])) || 0;
}

async function commandByProc(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim();
}

async function beganByPs(pid: number): Promise<string | null> {
  const text = await ps(['-o', 'stat=,lstart=', '-p', String(pid)]);
  const [state = 'Z', ...began] = text.trim().split(/\s+/);
  return state.startsWith('Z') ? null : began.join(' ');
}

async function listByPs(): Promise<ProcessEntry[]> {
  const lines = (await ps(['-axww', '-o', 'pid=,args='])).split('\n');
  return lines.flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s+(.+)$/.exec(line) ?? [];
    return pid && command ? [{ pid: Number(pid), command }] : [];
  });
}

async function ps(args: string[]): Promise<string> {
  if (process.platform === 'win32') return '';
  const { stdout } = await run('ps', args, { env: { ...process.env, LC_ALL: 'C' } }).catch(() => ({ stdout: '' }));
  return stdout;
}
