import { runPart } from '../support/entry.ts';
import { StartFailure } from '../support/failure.ts';
import { startFunctionsHost } from './host.ts';
import { detailsOf } from './log.ts';

// A promise that an app forgot must not take the other functions down; the genuine worker goes on as well.
process.on('unhandledRejection', (reason) => console.error(`functions-host: unhandled: ${detailsOf(reason)}`));

await runPart('functions-host', ['app', 'entry'], ({ port, data, option }) => {
  const [app, entry] = [option('app'), option('entry')];
  if (!app) throw new StartFailure('--app is missing', "It names the folder of the app's host.json");
  if (!entry) throw new StartFailure('--entry is missing', "It names the app's entry module");
  return startFunctionsHost({ port, data, app, entry });
});
