import { readdirSync, readFileSync } from 'node:fs';
import type { PartState } from '../../local/supervisor/part.ts';

/** Linux counts processor time in hundredths of a second (USER_HZ). */
const TICKS_PER_S = 100;

/** Processor time (s) that a process and its descendants have used so far. Linux only. */
export function cpuSeconds(pid: number): number {
  const all = processes();
  const own = new Set([pid]);
  // A child has a higher number than its parent but for a wrap-around, so some passes find all.
  for (let known = 0; known < own.size; ) {
    known = own.size;
    for (const process of all) if (own.has(process.parent)) own.add(process.pid);
  }
  return all.reduce((sum, process) => sum + (own.has(process.pid) ? process.seconds : 0), 0);
}

/** Processor time (s) that a virtual machine wanted and its host gave to others: figures taken meanwhile are the neighbours', too. */
function stolenSeconds(): number {
  const [, stolen] = /^cpu (?:\s*\d+){7}\s+(\d+)/.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
  return Number(stolen) / TICKS_PER_S;
}

/** Processor time of each part, and what was `stolen`, from now until it is asked again, in s of a processor for each s that passes. */
export function watchCpu(parts: readonly PartState[]): () => Record<string, number> {
  const began = performance.now();
  const stolenBefore = stolenSeconds();
  const before = new Map(parts.map(({ pid }) => [pid, cpuSeconds(pid)]));
  return () => {
    const seconds = (performance.now() - began) / 1000;
    const used = parts.map(({ name, pid }) => [name, (cpuSeconds(pid) - (before.get(pid) ?? 0)) / seconds] as const);
    return { ...Object.fromEntries(used), stolen: (stolenSeconds() - stolenBefore) / seconds };
  };
}

/** The most memory that a process has had resident so far, in MB of 2^20 bytes. Linux only. */
export function peakResidentMb(pid: number): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(peak?.[1]) / 1024;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly seconds: number;
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [processOf(Number(name))];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** proc(5): after the name in parentheses come state and parent; user and system time, and those of ended children. */
function processOf(pid: number): Process {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0] = fields.slice(1, 2);
  const ticks = fields.slice(11, 15).reduce((sum, time) => sum + time, 0);
  return { pid, parent, seconds: ticks / TICKS_PER_S };
}
