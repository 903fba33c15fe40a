import path from 'node:path';
import { parseArgs } from 'node:util';
import { explainFailure, StartFailure } from './failure.ts';

/** A part that answers. */
export interface RunningPart {
  readonly port: number;
  stop(): Promise<void>;
  /** Settles when the part ends without having been asked to; a part that lives in this process has none. */
  readonly ended?: Promise<string>;
}

export interface PartArguments {
  readonly port: number;
  /** Absolute. */
  readonly data: string;
  /** A further option of the part, as given. */
  option(name: string): string | undefined;
}

/**
 * Runs one part as this process, the same way for all: `--port <n> --data <folder>`, one line to stdout when it answers,
 * one line to stderr and exit code 1 when it cannot start, an orderly end on SIGTERM and SIGINT.
 */
export async function runPart(
  name: string,
  optionNames: readonly string[],
  start: (args: PartArguments) => Promise<RunningPart>,
): Promise<void> {
  let stopping = false;
  const stopAsked = new Promise<void>((resolve) => {
    const ask = () => {
      stopping = true;
      resolve();
    };
    process.on('SIGTERM', ask).on('SIGINT', ask);
  });
  const running = await startOrExit(name, optionNames, start);
  if (!stopping) console.log(`${name} ready on 127.0.0.1:${running.port}`);
  running.ended?.then((reason) => {
    if (!stopping) exitWith(`${name} ended: ${reason}`);
  });
  await stopAsked;
  await running.stop();
  process.exit(0);
}

async function startOrExit(
  name: string,
  optionNames: readonly string[],
  start: (args: PartArguments) => Promise<RunningPart>,
): Promise<RunningPart> {
  const place = { port: 0, data: '' };
  try {
    const args = readArguments(name, optionNames);
    Object.assign(place, { port: args.port, data: args.data });
    return await start(args);
  } catch (error) {
    return exitWith(`${name} cannot start: ${explainFailure(error, place).message}`);
  }
}

function exitWith(line: string): never {
  console.error(line);
  process.exit(1);
}

function readArguments(name: string, optionNames: readonly string[]): PartArguments {
  const names = ['port', 'data', ...optionNames];
  const usage = `Use node local/${name}/main.ts ${names.map((option) => `--${option} <${option}>`).join(' ')}`;
  const { port, data, ...rest } = parse(names, usage);
  if (!/^\d{1,5}$/.test(port ?? '') || Number(port) > 65_535) throw new StartFailure('--port is not a port', usage);
  if (!data) throw new StartFailure('--data is missing', usage);
  return { port: Number(port), data: path.resolve(data), option: (option) => rest[option] };
}

function parse(names: readonly string[], usage: string): Record<string, string | undefined> {
  try {
    const options = Object.fromEntries(names.map((option) => [option, { type: 'string' as const }]));
    return parseArgs({ options }).values as Record<string, string | undefined>;
  } catch (error) {
    throw new StartFailure(error instanceof Error ? error.message : String(error), usage, error);
  }
}
