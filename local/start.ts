import { existsSync } from 'node:fs';
import { type Installation, startAll } from './supervisor/start-all.ts';
import { describeInstallation } from './supervisor/table.ts';
import { findAncestor, stillLives } from './support/processes.ts';

/** Makes sample data in a fresh installation; the module is optional. */
interface Sample {
  default(installation: Installation): Promise<void>;
}

const SAMPLE = new URL('./sample.ts', import.meta.url);

/** A terminal that was closed takes no more output; the parts are to be stopped all the same. */
function surviveClosedTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** How soon the end of npm is noticed. */
const NPM_LOOK_MS = 2_000;
/** One Ctrl-C may arrive twice, by the terminal and through npm: only a later one is a second one. */
const SAME_PRESS_MS = 1_000;

/** Asks to stop in order at the first Ctrl-C (or SIGTERM, or the end of the terminal or of npm); ends at once at the second. */
function stopOnSignals(): { readonly asked: AbortSignal; watch(installation: Installation): void } {
  const asked = new AbortController();
  let installation: Installation | null = null;
  let askedAt = 0;
  const ask = () => {
    if (asked.signal.aborted) return;
    console.log('Stopping …');
    askedAt = performance.now();
    asked.abort(new Error('stopped'));
  };
  const onSignal = () => {
    if (asked.signal.aborted && performance.now() - askedAt > SAME_PRESS_MS) {
      installation?.kill();
      process.exit(130);
    }
    ask();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  if (process.env.npm_lifecycle_event !== undefined) void watchNpm(ask);
  return {
    asked: asked.signal,
    watch(running) {
      installation = running;
    },
  };
}

/** A kill -9 reaches npm alone. */
async function watchNpm(gone: () => void): Promise<void> {
  const npm = await findAncestor(/\bnpm\b/);
  if (!npm) return;
  const look = setInterval(async () => {
    if (await stillLives(npm)) return;
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
