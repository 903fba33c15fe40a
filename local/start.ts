import { existsSync } from 'node:fs';
import { type Installation, startAll } from './supervisor/start-all.ts';
import { describeInstallation } from './supervisor/table.ts';

/** Makes sample data in a fresh installation; the module is optional. */
interface Sample {
  default(installation: Installation): Promise<void>;
}

const SAMPLE = new URL('./sample.ts', import.meta.url);

/** A terminal that was closed takes no more output; the parts are to be stopped all the same. */
function surviveClosedTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** Under npm, a signal may reach npm alone; when it is gone, what it started is to end. */
const NPM_LOOK_MS = 1_000;

/** Stops in order at the first Ctrl-C (or SIGTERM, or the end of the terminal), and at once at the second. */
function stopOnSignals(): { readonly asked: AbortSignal; watch(installation: Installation): void } {
  const asked = new AbortController();
  let installation: Installation | null = null;
  const stop = () => {
    if (asked.signal.aborted) {
      installation?.kill();
      process.exit(130);
    }
    console.log('Stopping …');
    asked.abort(new Error('stopped'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  if (process.env.npm_lifecycle_event !== undefined) watchParent(stop);
  return {
    asked: asked.signal,
    watch(running) {
      installation = running;
    },
  };
}

function watchParent(gone: () => void): void {
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    gone();
  }, NPM_LOOK_MS);
  look.unref();
}

async function main(): Promise<void> {
  surviveClosedTerminal();
  const signals = stopOnSignals();
  console.log('Starting …');
  const installation = await startAll({ report: (line) => console.log(line), signal: signals.asked }).catch(
    (error: unknown) => {
      if (signals.asked.aborted) process.exit(0);
      throw error;
    },
  );
  signals.watch(installation);
  console.log(`\n${describeInstallation(installation)}\n`);
  await makeSample(installation, signals.asked);
  if (!signals.asked.aborted) {
    console.log('Ctrl-C stops everything; npm run reset removes the data.');
    await new Promise<void>((resolve) => signals.asked.addEventListener('abort', () => resolve()));
  }
  await installation.stop();
}

async function makeSample(installation: Installation, asked: AbortSignal): Promise<void> {
  if (asked.aborted || !existsSync(SAMPLE)) return;
  try {
    const sample = (await import(SAMPLE.href)) as Sample;
    await sample.default(installation);
  } catch (error) {
    console.error(`The sample could not be made: ${error instanceof Error ? error.message : String(error)}`);
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
