import type { Queue } from './queue.ts';

/** The longest time without a look at the clock, which may have been set or the machine may have slept. */
const MAX_SLEEP_MS = 5_000;

/** Gives the queues their turns: soon after something happened in one of them, and when time has something to do. */
export class Turns {
  private readonly queues: ReadonlyMap<string, Queue>;
  private readonly now: () => number;
  private readonly afterwards = new Set<() => void>();
  private soon: NodeJS.Immediate | undefined;
  private alarm: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(queues: ReadonlyMap<string, Queue>, now: () => number) {
    this.queues = queues;
    this.now = now;
  }

  /** `afterwards` is called once the queues have handed out what they could. */
  stir(afterwards?: () => void): void {
    if (afterwards) this.afterwards.add(afterwards);
    if (!this.stopped) this.soon ??= setImmediate(() => this.run());
  }

  stop(): void {
    this.stopped = true;
    clearImmediate(this.soon);
    clearTimeout(this.alarm);
  }

  private run(): void {
    this.soon = undefined;
    for (const queue of this.queues.values()) {
      queue.tick();
      queue.deliver();
    }
    const callbacks = [...this.afterwards];
    this.afterwards.clear();
    for (const callback of callbacks) callback();
    this.setAlarm();
  }

  private setAlarm(): void {
    clearTimeout(this.alarm);
    let next = Number.POSITIVE_INFINITY;
    for (const queue of this.queues.values()) next = Math.min(next, queue.nextWake ?? next);
    const wait = Math.min(Math.max(0, next - this.now()), MAX_SLEEP_MS);
    if (next !== Number.POSITIVE_INFINITY) this.alarm = setTimeout(() => this.run(), wait);
  }
}
