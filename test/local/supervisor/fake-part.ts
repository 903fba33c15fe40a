import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { runPart } from '../../../local/support/entry.ts';
import { StartFailure } from '../../../local/support/failure.ts';
import { close, listen } from '../../../local/support/http.ts';

/**
 * A part that does nothing but answer. `--name`; `--journal`: a file for what happens to it; `--fail`: the reason why it
 * cannot start. `GET /say/<words>` makes it write them to stderr, `GET /die` ends it.
 */
await runPart('fake', ['name', 'journal', 'fail'], async ({ port, option }) => {
  const note = (what: string) => appendFileSync(option('journal') ?? '', `${option('name')} ${what}\n`);
  const failure = option('fail');
  if (failure) throw new StartFailure(failure, 'Do something about it');
  const server = createServer(({ url = '' }, response) => {
    if (url.startsWith('/say/')) console.error(decodeURIComponent(url.slice('/say/'.length)));
    if (url === '/die') process.exit(3);
    response.end(String(process.pid));
  });
  const bound = await listen(server, port);
  note('started');
  const stop = async () => {
    note('stopping');
    await close(server);
    note('stopped');
  };
  return { port: bound, stop };
});
