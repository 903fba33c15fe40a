import { describe, expect, it } from 'vitest';
import { makeHealth, type Report } from '../../../functions/readiness.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import type { ExportPorts } from '../../../shared/export/ports.ts';
import { World } from '../../support/world.ts';

const OK = { control: 'ok', storage: 'ok', queues: 'ok' };
const SECRETS = /10\.0\.0\.7|geheim|internal\.example/;

const unreported: Report = (check, error) => {
  throw new Error(`${check}: ${String(error)}`);
};

/** Keeps what was reported. */
function reports() {
  const lines: string[] = [];
  const report: Report = (check, error) => void lines.push(`${check}: ${String(error)}`);
  return { lines, report };
}

const FAILING: readonly (readonly [string, string, (ports: ExportPorts) => Partial<ExportPorts>])[] = [
  [
    'control',
    'CONTROL_UNAVAILABLE',
    ({ control }) => ({
      control: {
        ...control,
        migrate: () => Promise.reject(new FreshetError('CONTROL_UNAVAILABLE', { reason: 'no answer of 10.0.0.7' })),
      },
    }),
  ],
  [
    'storage',
    'STORAGE_UNAVAILABLE',
    ({ blobs }) => ({
      blobs: new Proxy(blobs, {
        get: (target, property) =>
          property === 'ensureContainer'
            ? () => Promise.reject(new FreshetError('STORAGE_UNAVAILABLE', { reason: 'internal.example is down' }))
            : Reflect.get(target, property, target),
      }),
    }),
  ],
  ['queues', 'UNEXPECTED', () => ({ queues: { send: () => Promise.reject(new TypeError('geheim')) } })],
];

describe('the health check', () => {
  it('answers 200 with the counters when all is well', async () => {
    const world = new World();
    await world.control.organizations.count('notifications.unreadable', 3);
    const health = makeHealth(() => world.ports);
    expect(await health(unreported)).toEqual({
      status: 200,
      jsonBody: { status: 'ready', checks: OK, counters: { 'notifications.unreadable': 3, 'profiles.unserved': 0 } },
    });
  });

  it.each(FAILING)(
    'answers 503 and names %s by its code alone (%s); the log gets the rest',
    async (name, code, broken) => {
      const world = new World();
      let ports = { ...world.ports, ...broken(world.ports) };
      const health = makeHealth(() => ports);
      const { lines, report } = reports();
      const answer = await health(report);
      expect(answer).toEqual({
        status: 503,
        jsonBody: { status: 'unavailable', checks: { ...OK, [name]: code }, counters: {} },
      });
      expect(JSON.stringify(answer)).not.toMatch(SECRETS);
      expect(lines).toEqual([expect.stringMatching(SECRETS)]);
      ports = world.ports;
      expect(await health(unreported)).toMatchObject({ status: 200 });
    },
  );

  it('answers 503 when the counters cannot be read, and 200 when they can again', async () => {
    const world = new World();
    const { organizations } = world.control;
    let down = false;
    const counters = () =>
      down ? Promise.reject(new FreshetError('CONTROL_UNAVAILABLE', { reason: 'geheim' })) : organizations.counters();
    const control = { ...world.control, organizations: { ...organizations, counters } };
    const health = makeHealth(() => ({ ...world.ports, control }));
    expect(await health(unreported)).toMatchObject({ status: 200 });
    down = true;
    const { lines, report } = reports();
    expect(await health(report)).toMatchObject({
      status: 503,
      jsonBody: { checks: { ...OK, control: 'CONTROL_UNAVAILABLE' } },
    });
    expect(lines).toHaveLength(1);
    down = false;
    expect(await health(unreported)).toMatchObject({ status: 200 });
  });

  it('answers 503 when the app cannot be wired', async () => {
    const health = makeHealth(() => {
      throw new FreshetError('SETTING_INVALID', { name: 'FRESHET_ISSUER', reason: 'it is missing' });
    });
    const { lines, report } = reports();
    const code = 'SETTING_INVALID';
    expect(await health(report)).toMatchObject({
      status: 503,
      jsonBody: { checks: { control: code, storage: code, queues: code } },
    });
    expect(lines[0]).toContain('FRESHET_ISSUER');
  });

  it('asks once for all who ask at the same time, and what has passed not again', async () => {
    const world = new World();
    const health = makeHealth(() => world.ports);
    await Promise.all([health(unreported), health(unreported), health(unreported)]);
    await health(unreported);
    expect(world.queues.waiting('reads')).toHaveLength(1);
  });
});
