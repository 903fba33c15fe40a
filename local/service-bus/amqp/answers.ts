import type { BrokerError } from '../errors.ts';
import { type AmqpDelivery, type AmqpLink, forget, writeDisposition } from './rhea.ts';

/**
 * The broker's answers to the deliveries of one link. Neighbours that are accepted share a frame; each refusal has a frame
 * of its own. rhea does this wrongly: it compares the outcomes of a turn only from the third on, and sends the first two
 * as one range with the outcome of the first.
 */
export class Answers {
  private readonly link: AmqpLink;
  private accepted: AmqpDelivery[] = [];

  constructor(link: AmqpLink) {
    this.link = link;
  }

  accept(delivery: AmqpDelivery): void {
    if (this.accepted.length === 0) process.nextTick(() => this.flush());
    this.accepted.push(delivery);
  }

  refuse(delivery: AmqpDelivery, error: BrokerError): void {
    writeDisposition(this.link.session, !this.link.is_sender(), delivery.id, delivery.id, error);
    forget(delivery);
  }

  private flush(): void {
    const deliveries = this.accepted;
    this.accepted = [];
    for (const [first, last] of ranges(deliveries.map(({ id }) => id))) {
      writeDisposition(this.link.session, !this.link.is_sender(), first, last);
    }
    for (const delivery of deliveries) forget(delivery);
  }
}

/** The runs of consecutive numbers among `ids`, as first and last. */
export function ranges(ids: readonly number[]): [first: number, last: number][] {
  const found: [number, number][] = [];
  let current: [number, number] | undefined;
  for (const id of [...ids].sort((a, b) => a - b)) {
    if (current && id === current[1] + 1) current[1] = id;
    else {
      current = [id, id];
      found.push(current);
    }
  }
  return found;
}
