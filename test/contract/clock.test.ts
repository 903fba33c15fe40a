import { systemClock } from '../../shared/platform/clock/system.ts';
import { VirtualClock } from '../../shared/platform/clock/virtual.ts';
import { describeClock } from './clock.suite.ts';

describeClock('system', () => ({ clock: systemClock, pass: (ms) => systemClock.sleep(ms) }));

describeClock('virtual', () => {
  const clock = new VirtualClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});
