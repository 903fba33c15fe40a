import { expect, it } from 'vitest';
import type { Subject } from './kit.ts';

export function describeFaults(subject: () => Subject): void {
  it('throttles says how long to wait', async (context) => {
    const { source, entity, faults } = subject();
    if (!faults) return context.skip();
    faults.throttle(1, 17);
    const outcome = source.read(entity, { kind: 'rows' }, 1);
    await expect(outcome).rejects.toMatchObject({ code: 'SOURCE_THROTTLED', values: { retryAfterMs: 17_000 } });
    expect((await source.read(entity, { kind: 'rows' }, 1)).rows).toEqual([]);
  });

  it('is in administration mode says so', async (context) => {
    const { source, entity, faults } = subject();
    if (!faults) return context.skip();
    faults.administrationMode(true);
    const refused = { code: 'SOURCE_ADMINISTRATION_MODE' };
    await expect(source.read(entity, { kind: 'rows' }, 1)).rejects.toMatchObject(refused);
    await expect(source.identity()).rejects.toMatchObject(refused);
    faults.administrationMode(false);
  });
}
