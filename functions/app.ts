import { type App, compose } from './compose.ts';

let composed: App | undefined;

/** The app of this process, wired at its first use: so that a wrong setting is told by the health check and not by a crash. */
export function theApp(): App {
  composed ??= compose(process.env);
  return composed;
}
