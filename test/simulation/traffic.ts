import type { Change } from '../../local/dataverse/model/changes.ts';
import { between } from '../../local/dataverse/model/random.ts';
import type { QueueName } from '../../shared/platform/queues/port.ts';
import { notificationOf } from '../support/world.ts';
import { type Scene, strikes } from './scene.ts';

const DELAY_MAX_MS = 40_000;
/** Messages of our own queues get lost seldom. */
const OWN_LOST_SHARE = 1 / 8;
/** A message whose worker died comes again when its lock has run out. */
export const LOCK_MS = 60_000;

/** What becomes of notifications and messages on their way. */
export class Traffic {
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
    scene.world.organization.observe({ changed: (change) => this.#notify(change) });
  }

  /** Notifications that have arrived. */
  notifications(): object[] {
    return this.#scene.world.queues.takeDue('notifications').map(({ body }) => body);
  }

  /** At most one message that is due, perhaps lost, perhaps twice. */
  take(queue: 'reads' | 'applies'): object[] {
    const { world, swarm } = this.#scene;
    const [message] = world.queues.takeDue(queue, 1);
    if (!message || strikes(this.#scene, swarm.lost * OWN_LOST_SHARE)) return [];
    return strikes(this.#scene, swarm.doubled) ? [message.body, message.body] : [message.body];
  }

  /** The queue delivers again what nobody acknowledged. */
  again(queue: QueueName, bodies: readonly object[], afterMs: number): void {
    const notBefore = this.#scene.world.clock.now() + afterMs;
    void this.#scene.world.queues.send(
      queue,
      bodies.map((body) => ({ body, notBefore })),
    );
  }

  /** Each copy has its own delay, so that notifications overtake one another. */
  #notify(change: Change): void {
    const { swarm } = this.#scene;
    if (strikes(this.#scene, swarm.lost)) return;
    for (let copies = strikes(this.#scene, swarm.doubled) ? 2 : 1; copies > 0; copies--) {
      const body = notificationOf(change);
      const afterMs = strikes(this.#scene, swarm.delayed) ? between(this.#scene.random, 1, DELAY_MAX_MS) : 0;
      this.again('notifications', [strikes(this.#scene, swarm.cut) ? { ...body, InputParameters: [] } : body], afterMs);
    }
  }
}
