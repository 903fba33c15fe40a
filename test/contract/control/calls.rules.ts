import { beforeEach, expect, it } from 'vitest';
import type { ControlUnderTest, MakeControl } from './kit.ts';

const MINUTE = 60_000;

export function describeCalls(make: MakeControl): void {
  let under: ControlUnderTest;
  beforeEach(async () => {
    under = await make();
  });
  const admit = (key: string, max = 2, windowMs = MINUTE) => under.control.calls.admit([{ key, max, windowMs }]);

  it('are admitted up to the limit, and again when the window has passed over the first', async () => {
    expect(await admit('a')).toBe(0);
    under.advance(10_000);
    expect(await admit('a')).toBe(0);
    expect(await admit('a')).toBe(50_000);
    expect(await admit('b')).toBe(0);
    under.advance(49_999);
    expect(await admit('a')).toBe(1);
    under.advance(1);
    expect(await admit('a')).toBe(0);
    expect(await admit('a')).toBe(10_000);
  });

  it('count under none of their keys when one of them refuses', async () => {
    const both = [
      { key: 'environment', max: 1, windowMs: MINUTE },
      { key: 'person', max: 2, windowMs: 2 * MINUTE },
    ];
    expect(await under.control.calls.admit(both)).toBe(0);
    expect(await under.control.calls.admit(both)).toBe(MINUTE);
    expect(await admit('person', 2, 2 * MINUTE)).toBe(0);
    expect(await admit('person', 2, 2 * MINUTE)).toBe(2 * MINUTE);
  });
}
