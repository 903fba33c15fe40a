import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { APP, ENTRY, newFolder, notesIn, spawnHost, startChildHost, waitFor } from './support.ts';

/** Runs the program to its end. */
async function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const { process, output } = spawnHost(args);
  await once(process, 'close');
  return { code: process.exitCode, output: output() };
}

const usual = (port: string, entry = ENTRY, app = APP) => [
  '--port',
  port,
  '--data',
  path.join(newFolder(), 'made', 'by', 'the', 'host'),
  '--app',
  app,
  '--entry',
  entry,
];

describe('the program', () => {
  it('says when it is ready and stops in order on SIGTERM, exit code 0', async () => {
    const folder = newFolder();
    const probe = path.join(folder, 'probe.jsonl');
    const host = await startChildHost(folder, { PROBE_FILE: probe });
    const answer = fetch(`${host.origin}/start/sleeps?id=x`, { method: 'POST', body: '{"ms":60000}' });
    expect((await answer).status).toBe(202);
    expect(await host.terminate()).toBe(0);
    expect(notesIn(probe, 'hook')).toEqual(['appStart', 'appTerminate']);
  });

  it('waits for requests that run before it stops', async () => {
    const folder = newFolder();
    const probe = path.join(folder, 'probe.jsonl');
    const host = await startChildHost(folder, { PROBE_FILE: probe });
    await fetch(`${host.origin}/start/longChild?id=x`, { method: 'POST', body: '{"ms":300}' });
    await waitFor(() => notesIn(probe, 'work began').length === 1);
    expect(await host.terminate()).toBe(0);
    expect(notesIn(probe, 'work ended')).toHaveLength(1);
  });

  it('refuses data that another host uses, and takes over those of one that was killed', async () => {
    const folder = newFolder();
    const first = await startChildHost(folder);
    const second = await run(['--port', '0', '--data', folder, '--app', APP, '--entry', ENTRY]);
    expect(second).toMatchObject({ code: 1, output: expect.stringContaining('is in use by process') });
    await first.kill();
    const third = await startChildHost(folder);
    expect(await third.terminate()).toBe(0);
  });

  it('that cannot start says in one line what is wrong and what helps, exit code 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    const taken = await run(usual(port));
    server.close();
    expect(taken).toMatchObject({ code: 1, output: expect.stringContaining(`port ${port} is taken`) });
    expect(taken.output.trim().split('\n')).toHaveLength(1);

    const withoutHostJson = await run(usual('0', ENTRY, newFolder()));
    expect(withoutHostJson).toMatchObject({ code: 1, output: expect.stringContaining('host.json is missing') });
    expect(await run(['--port', 'x'])).toMatchObject({
      code: 1,
      output: expect.stringContaining('--port is not a port. Use '),
    });
    const withoutEntry = await run(usual('0', path.join(APP, 'nowhere.ts')));
    expect(withoutEntry).toMatchObject({ code: 1, output: expect.stringContaining('nowhere.ts') });
  });
});
