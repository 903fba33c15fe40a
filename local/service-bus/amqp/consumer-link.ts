import { randomBytes } from 'node:crypto';
import type { BrokerContext } from '../context.ts';
import { asBrokerError } from '../errors.ts';
import type { Consumer, Lock, Message, Settlement } from '../queue/message.ts';
import type { Queue } from '../queue/queue.ts';
import { Answers } from './answers.ts';
import { render } from './codec.ts';
import {
  type AmqpDelivery,
  type AmqpLink,
  type AmqpSession,
  drain,
  encodeValues,
  forget,
  type Outcome,
  prepareDraining,
  unwritten,
} from './rhea.ts';

/** A slow client is given no more while so much waits to be written to it. */
const MAX_UNSENT_BYTES = 1024 * 1024;

/** Of the sender: everything it sends is settled already. */
const SETTLED = 1;

interface Sent {
  readonly delivery: AmqpDelivery;
  readonly token: string;
}

/** A link on which a client receives messages of a queue. */
export class ConsumerLink implements Consumer {
  readonly deletes: boolean;
  private readonly context: BrokerContext;
  private readonly queue: Queue;
  private readonly link: AmqpLink;
  private readonly answers: Answers;
  private readonly sentById = new Map<number, Sent>();
  private readonly sentByToken = new Map<string, Sent>();
  /** Handed to rhea in this turn, which writes at its end. */
  private handedBytes = 0;
  private wantsTurn = false;

  constructor(context: BrokerContext, queue: Queue, link: AmqpLink) {
    this.context = context;
    this.queue = queue;
    this.link = link;
    this.answers = new Answers(link);
    this.deletes = link.snd_settle_mode === SETTLED;
    prepareDraining(link);
    queue.addConsumer(this);
  }

  close(): void {
    this.queue.removeConsumer(this);
  }

  /** The client changed its credit. If it wants it used up, that is done after a last turn. */
  flow(): void {
    this.context.turns.stir(this.link._draining ? () => drain(this.link) : undefined);
  }

  canTake(): boolean {
    const { session, credit } = this.link;
    return (
      this.link.is_open() && credit > unwritten(session) && session.outgoing.available() > 0 && !this.isCongested()
    );
  }

  deliver(message: Message, lock: Lock | undefined): void {
    const bytes = render(this.context.store.read(message), message, lock?.until);
    if (this.handedBytes === 0) setImmediate(() => this.handedOver());
    this.handedBytes += bytes.length;
    // The delivery tag is the lock token.
    const tag = lock ? Buffer.from(lock.token, 'hex') : randomBytes(16);
    const delivery = this.link.send(bytes, tag, 0);
    if (!lock) return;
    const sent = { delivery, token: lock.token };
    this.sentById.set(delivery.id, sent);
    this.sentByToken.set(lock.token, sent);
  }

  unlocked({ token }: Lock): void {
    const sent = this.sentByToken.get(token);
    if (!sent) return;
    this.sentByToken.delete(token);
    this.sentById.delete(sent.delivery.id);
    forget(sent.delivery);
  }

  hasSent(session: AmqpSession, deliveryId: number): boolean {
    return this.link.session === session && this.sentById.has(deliveryId);
  }

  /** The client says what became of a message. `settled`: it wants no answer. */
  settle(deliveryId: number, outcome: Outcome, settled: boolean): void {
    const sent = this.sentById.get(deliveryId);
    if (!sent) return;
    try {
      this.queue.settle(sent.token, settlementOf(outcome));
    } catch (error) {
      this.answers.refuse(sent.delivery, asBrokerError(error));
      return;
    }
    if (!settled) this.context.store.whenWritten(() => this.answers.accept(sent.delivery));
  }

  private handedOver(): void {
    this.handedBytes = 0;
    if (!this.wantsTurn) return;
    this.wantsTurn = false;
    this.context.turns.stir();
  }

  private isCongested(): boolean {
    const { socket } = this.link.connection;
    if (this.handedBytes + socket.writableLength < MAX_UNSENT_BYTES) return false;
    if (this.wantsTurn) return true;
    this.wantsTurn = true;
    if (this.handedBytes === 0) socket.once('drain', () => this.handedOver());
    return true;
  }
}

function settlementOf(outcome: Outcome): Settlement {
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'complete' };
    case 'released':
      return { kind: 'abandon' };
    case 'modified':
      return { kind: outcome.undeliverableHere ? 'defer' : 'abandon', properties: outcome.annotations };
    case 'rejected': {
      const { DeadLetterReason: reason, DeadLetterErrorDescription: description, ...rest } = outcome.info;
      return {
        kind: 'deadLetter',
        reason: reason === undefined ? undefined : String(reason),
        description: description === undefined ? undefined : String(description),
        properties: encodeValues(Object.entries(rest)),
      };
    }
  }
}
