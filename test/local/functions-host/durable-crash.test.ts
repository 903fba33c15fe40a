import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ChildHost, newFolder, notesIn, Orchestrations, startChildHost, waitFor } from './support.ts';

/** Kills and restarts the host as a process; one installation per test. */
class Installation {
  readonly #data = newFolder();
  readonly probe = path.join(this.#data, 'probe.jsonl');
  host: ChildHost | undefined;

  async start(): Promise<Orchestrations> {
    this.host = await startChildHost(this.#data, { PROBE_FILE: this.probe });
    const { systemKey } = JSON.parse(readFileSync(path.join(this.#data, 'keys.json'), 'utf8')) as { systemKey: string };
    return new Orchestrations(this.host.origin, systemKey);
  }

  async crash(): Promise<void> {
    await this.host?.kill();
    this.host = undefined;
  }

  began(): unknown[] {
    return notesIn(this.probe, 'work began');
  }

  ended(): unknown[] {
    return notesIn(this.probe, 'work ended');
  }
}

let installation: Installation;
afterEach(() => installation.crash());

const EXPECTED = [0, 1, 2, 3, 100];

describe('kill -9', () => {
  it('in the middle of a durable timer costs nothing', async () => {
    installation = new Installation();
    const before = await installation.start();
    await before.start('longWay', 'w', { ms: 600, count: 4 });
    await before.until('w', ({ runtimeStatus }) => runtimeStatus === 'Running');
    await installation.crash();
    const after = await installation.start();
    expect((await after.over('w')).output).toEqual(EXPECTED);
  });

  it('in the middle of activities side by side runs only those again that had not ended', async () => {
    installation = new Installation();
    const before = await installation.start();
    await before.start('longWay', 'w', { ms: 150, count: 4 });
    await waitFor(() => installation.ended().length >= 1);
    await installation.crash();
    const endedBefore = installation.ended().length;
    const after = await installation.start();
    expect((await after.over('w')).output).toEqual(EXPECTED);
    expect(installation.began().length).toBeGreaterThanOrEqual(5);
    expect(installation.ended().length).toBeLessThanOrEqual(5 + endedBefore);
  });

  it('in the middle of a sub-orchestration is taken up by parent and child', async () => {
    installation = new Installation();
    const before = await installation.start();
    await before.start('longWay', 'w', { ms: 100, count: 4 });
    await waitFor(() => installation.began().includes(100));
    await installation.crash();
    const after = await installation.start();
    expect((await after.over('w')).output).toEqual(EXPECTED);
    expect((await after.status('w-child')).runtimeStatus).toBe('Completed');
  });

  it('again and again, at any moment, only delays the end', async () => {
    installation = new Installation();
    let orchestrations = await installation.start();
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const id of ids) await orchestrations.start('longWay', id, { ms: 40, count: 4 });
    for (let crash = 0; crash < 4; crash += 1) {
      const ended = installation.ended().length;
      await waitFor(() => installation.ended().length > ended + crash);
      await installation.crash();
      orchestrations = await installation.start();
    }
    for (const id of ids) expect((await orchestrations.over(id)).output).toEqual(EXPECTED);
  });

  it('loses no event that was accepted', async () => {
    installation = new Installation();
    const before = await installation.start();
    await before.start('counts', 'c', 0);
    for (let tick = 0; tick < 3; tick += 1) expect(await before.raise('c', 'Tick')).toBe(202);
    await installation.crash();
    const after = await installation.start();
    expect(await after.raise('c', 'Tick')).toBe(202);
    expect((await after.over('c')).output).toEqual({ count: 3 });
  });
});
