import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { clientOf, eventually, idOf, register, temporaryFolder } from './running.ts';

const MAIN = fileURLToPath(new URL('../../../local/dataverse/main.ts', import.meta.url));
const ID = '407b9c05-0000-4000-8000-000000000006';

describe('an organization that is killed', () => {
  const folder = temporaryFolder();
  const children: ChildProcess[] = [];

  async function start(...more: string[]) {
    const organization = JSON.stringify({ id: ID });
    const args = [MAIN, '--port', '0', '--data', folder, '--organization', organization, ...more];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^dataverse ready on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
      if (port) return { child, ...clientOf(`http://127.0.0.1:${port}`) };
    }
    throw new Error('the organization did not start');
  }

  const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await ended(child);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('has everything that it acknowledged: rows, links, deletions, steps, waiting messages, settings, the stream', async () => {
    const first = await start('--rows', '200');
    await register(first, [['Create', 'contact']], {
      name: 'nowhere',
      contract: 6,
      connectionmode: 1,
      authtype: 2,
      namespaceaddress: 'sb://127.0.0.1:9/',
      solutionnamespace: 'x',
      path: 'notifications',
      saskeyname: 'k',
      saskey: 'x'.repeat(44),
    });
    const { value } = (await first.get('accounts?$select=name', { Prefer: 'odata.track-changes' })).body;
    const delta = (await first.get('accounts?$select=name', { Prefer: 'odata.track-changes' })).body[
      '@odata.deltaLink'
    ] as string;
    const gone = value[0].accountid as string;
    await first.call('DELETE', `accounts(${gone})`);
    const created = await Promise.all(
      Array.from({ length: 50 }, (_, at) => first.call('POST', 'contacts', { lastname: `killed ${at}`, fax: `${at}` })),
    );
    await first.control('pageLatency', { ms: 1 });
    await first.control('startStream', { rate: 50, seed: 1, mix: { update: 1 } });
    await eventually(async () => (await first.control('status')).body.stream.issued > 10);
    await first.control('stopStream');
    const sums = await Promise.all(
      ['contact', 'account', 'activityparty'].map((entity) => first.control('checksum', { entity })),
    );
    const before = (await first.control('status')).body;
    await first.control('startStream', { rate: 1, seed: 2, mix: { create: 1 }, entities: ['lead'] });
    first.child.kill('SIGKILL');
    await ended(first.child);

    const second = await start();
    const again = await Promise.all(
      ['contact', 'account', 'activityparty'].map((entity) => second.control('checksum', { entity })),
    );
    expect(again.map(({ body }) => body.hash)).toEqual(sums.map(({ body }) => body.hash));
    expect((await second.get(`contacts(${idOf(created[49] as never)})?$select=fax`)).body.fax).toBe('49');
    const after = (await second.control('status')).body;
    expect(after.notifications.outbox.waiting).toBe(50);
    expect(after.version).toBeGreaterThanOrEqual(before.version);
    expect(after.faults.pageLatencyMs).toBe(1);
    expect(after.stream).toMatchObject({ running: true, options: { entities: ['lead'] } });
    expect(after.rows.sdkmessageprocessingstep).toBe(1);
    const link = delta.slice(delta.indexOf('accounts?'));
    const deletions = (await second.get(link)).body.value.filter(
      (one: { reason?: string }) => one.reason === 'deleted',
    );
    expect(deletions).toMatchObject([{ id: gone }]);
    expect((await second.control('restoreRow', { entity: 'account', id: gone })).status).toBe(200);
    second.child.kill('SIGTERM');
    expect(await ended(second.child)).toBe(0);
  });
});
