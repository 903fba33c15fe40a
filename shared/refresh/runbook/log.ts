import type { Operation } from '../../control/operation.ts';
import type { Blobs } from '../../platform/blobs/port.ts';
import type { Clock } from '../../platform/clock/port.ts';
import type { Log } from '../../platform/log/port.ts';
import { reasonOf } from '../../platform/reason.ts';

/** The blobs of all runbook logs, a folder for each operation. */
export const RUNBOOK_CONTAINER = 'runbooks';

/** What one turn of a step has to say. Each turn writes a blob of its own: nothing that was written is ever written over by another. */
export class RunbookLog {
  readonly #ports: { readonly blobs: Blobs; readonly clock: Clock; readonly log: Log };
  readonly #blob: string;
  readonly #lines: string[] = [];
  #written = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(
    ports: { readonly blobs: Blobs; readonly clock: Clock; readonly log: Log },
    operation: Pick<Operation, 'id'>,
    step: string,
    turn: string,
  ) {
    this.#ports = ports;
    this.#blob = `${operation.id}/${new Date(ports.clock.now()).toISOString().replaceAll(':', '-')}_${step}_${turn}.log`;
  }

  /** A line for people. It holds no secret and no contents of a row. */
  line(text: string): void {
    this.#lines.push(`${new Date(this.#ports.clock.now()).toISOString()} ${text}\n`);
  }

  /** Makes the lines durable. A storage that is away costs lines, never the operation. */
  flush(): Promise<void> {
    // One after the other, or an older text could be written last.
    this.#last = this.#last.then(() => this.#flush());
    return this.#last;
  }

  async #flush(): Promise<void> {
    const count = this.#lines.length;
    if (count === this.#written) return;
    try {
      const content = Buffer.from(this.#lines.join(''));
      await this.#ports.blobs.put(RUNBOOK_CONTAINER, this.#blob, content, 'text/plain; charset=utf-8');
      this.#written = count;
    } catch (error) {
      this.#ports.log.write('warn', 'runbook log not written', { blob: this.#blob, reason: reasonOf(error) });
    }
  }
}

export interface LogPart {
  /** Sorted by it, the parts are in the order of their beginning. */
  readonly name: string;
  readonly text: string;
}

/** All that was written for an operation, in order. */
export async function readRunbookLog(blobs: Blobs, operationId: string): Promise<LogPart[]> {
  const names: string[] = [];
  for await (const { name } of blobs.list(RUNBOOK_CONTAINER, `${operationId}/`)) names.push(name);
  const parts: LogPart[] = [];
  for (const name of names.sort()) {
    const content = await blobs.get(RUNBOOK_CONTAINER, name);
    if (content) parts.push({ name: name.slice(operationId.length + 1), text: Buffer.from(content).toString('utf8') });
  }
  return parts;
}
