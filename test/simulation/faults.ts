import { between, pick } from '../../local/dataverse/model/random.ts';
import { FreshetError } from '../../shared/errors/error.ts';
import { type Scene, strikes } from './scene.ts';
import type { Fate } from './workers.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Longer than anybody repeats anything on the spot. */
const OUTAGE_MAX_MS = 10 * MINUTE_MS;
const HANG_MAX_MS = 70 * SECOND_MS;
const RETRY_AFTER_MAX_MS = 30 * SECOND_MS;
/** The control database, as its ports are named. */
const CONTROL_PORTS: ReadonlySet<string> = new Set([
  'bells',
  'feeds',
  'profiles',
  'organizations',
  'retention',
  'wholeReads',
  'history',
  'reconciliations',
]);

/** The part that an operation asks: `control`, `source`, `blobs`, `queues` or `destination <name>`. */
function partOf(operation: string): string {
  const port = operation.slice(0, operation.indexOf('.'));
  return CONTROL_PORTS.has(port) ? 'control' : port;
}

/** The error that a part's trouble shows itself by. */
export function failureOf(operation: string, words = 'cut'): FreshetError {
  const part = partOf(operation);
  if (part.startsWith('destination')) return new FreshetError('DESTINATION_UNAVAILABLE', { text: words });
  if (part === 'source') return new FreshetError('SOURCE_UNAVAILABLE', { host: 'contoso', reason: words });
  if (part === 'blobs') return new FreshetError('STORAGE_UNAVAILABLE', { reason: words });
  if (part === 'queues') return new FreshetError('QUEUE_UNAVAILABLE', { queue: 'reads', reason: words });
  return new FreshetError('CONTROL_UNAVAILABLE', { reason: words });
}

/** How often each part had been restored when a worker connected to it. */
export type Connections = Map<string, number>;

/** Decides which operations fail, before or after their effect, at once or after hanging, singly or in outages. */
export class Faults {
  readonly #scene: Scene;
  readonly #restores = new Map<string, number>();
  readonly #outages = new Map<string, { readonly until: number; readonly error: FreshetError }>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** One part cannot be used for a while. */
  beginOutage(parts: readonly string[]): void {
    const { random, world, trace } = this.#scene;
    const part = pick(random, parts);
    const ms = between(random, SECOND_MS, OUTAGE_MAX_MS);
    const error = part.startsWith('destination') ? this.#destinationOutage() : failureOf(`${part}.`, 'outage');
    this.#outages.set(part, { until: world.clock.now() + ms, error });
    trace.note(`outage of ${part} for ${Math.round(ms / SECOND_MS)} s: ${error.code}`);
  }

  /** A part was restored: whoever is connected to it loses the connection. */
  cutConnections(part: string): void {
    this.#restores.set(part, (this.#restores.get(part) ?? 0) + 1);
  }

  fate(operation: string, moment: 'before' | 'after', connections: Connections): Fate {
    const { swarm, world, random } = this.#scene;
    const part = partOf(operation);
    if (this.#isCut(part, connections)) return { error: failureOf(operation, 'connection lost'), afterMs: 0 };
    if (!this.#scene.faulty) return null;
    const outage = this.#outages.get(part);
    if (moment === 'before' && outage && outage.until > world.clock.now()) return { error: outage.error, afterMs: 0 };
    // What a service of our own loses, only the sweep may find.
    if (swarm.calm && part !== 'source' && !part.startsWith('destination')) return null;
    if (strikes(this.#scene, swarm.failed)) return { error: this.#single(part, operation), afterMs: 0 };
    if (!strikes(this.#scene, swarm.hangs)) return null;
    return { error: failureOf(operation, 'timed out'), afterMs: between(random, SECOND_MS, HANG_MAX_MS) };
  }

  #isCut(part: string, connections: Connections): boolean {
    const restores = this.#restores.get(part) ?? 0;
    const connectedAt = connections.get(part) ?? restores;
    connections.set(part, restores);
    return connectedAt !== restores;
  }

  #single(part: string, operation: string): FreshetError {
    const { random } = this.#scene;
    if (part === 'source' && random() < 0.5)
      return new FreshetError('SOURCE_THROTTLED', {
        host: 'contoso',
        retryAfterMs: between(random, SECOND_MS, RETRY_AFTER_MAX_MS),
      });
    if (part.startsWith('destination')) return failureOf(operation, pick(random, ['cut', 'deadlock', 'throttled']));
    return failureOf(operation);
  }

  #destinationOutage(): FreshetError {
    const code = pick(this.#scene.random, [
      'DESTINATION_UNAVAILABLE',
      'DESTINATION_FULL',
      'DESTINATION_FORBIDDEN',
    ] as const);
    return new FreshetError(code, { text: 'outage' });
  }
}
