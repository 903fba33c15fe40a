/**
 * The one seam to rhea 3.0.5, whose types do not cover what a broker needs. It reaches into private parts, so the version
 * is pinned; each private member is declared below with the reason.
 */
import { createRequire } from 'node:module';
import type { Server, Socket } from 'node:net';
import rhea from 'rhea';
import type { BrokerError } from '../errors.ts';
import type { EncodedProperties } from './codec.ts';

/** A value with an AMQP type that JavaScript cannot express. */
export interface Typed {
  readonly value: unknown;
}

export interface Terminus {
  readonly address?: string | null;
  readonly filter?: Readonly<Record<string, unknown>> | null;
}

export interface AmqpConnection {
  /** Private: to see how much waits to be written, and to notice a client that vanishes. */
  readonly socket: Socket;
  is_open(): boolean;
  close(error?: { condition: string; description: string }): void;
  find_sender(filter: (link: AmqpLink) => boolean): AmqpLink | undefined;
  each_link(action: (link: AmqpLink) => void): void;
  /** Private: has rhea look, at the end of this turn, for what is to be written or can be forgotten. */
  _register(): void;
  /** Private: without arguments it writes an empty frame, which rhea itself uses as heartbeat. */
  _write_frame(): void;
}

export interface AmqpSession {
  readonly connection: AmqpConnection;
  /** Private: what was sent on this session. */
  readonly outgoing: {
    readonly next_delivery_id: number;
    readonly next_pending_delivery: number;
    available(): number;
    on_disposition(fields: Disposition): void;
  };
  each_link(action: (link: AmqpLink) => void): void;
  /** Private: handlers of incoming frames. */
  on_transfer(frame: { performative: { message_format?: number | null } }): void;
  on_flow(frame: object): void;
  /** Private: writes a frame at once. */
  output(frame: object): void;
}

export interface AmqpLink {
  readonly name: string;
  readonly session: AmqpSession;
  readonly connection: AmqpConnection;
  readonly source: Terminus | null;
  readonly target: Terminus | null;
  readonly snd_settle_mode: number | null | undefined;
  readonly rcv_settle_mode: number | null | undefined;
  is_open(): boolean;
  is_sender(): boolean;
  open(): void;
  close(error?: { condition: string; description: string }): void;
  set_source(source: object): void;
  set_target(target: object): void;
  set_drained(drained: boolean): void;
  send(message: Buffer | object, tag?: Buffer, format?: number): AmqpDelivery;
  /** Private: the answer to the client's attach, which is written at the end of the turn. */
  readonly local: {
    readonly attach: {
      source?: unknown;
      target?: unknown;
      snd_settle_mode?: number;
      rcv_settle_mode?: number;
    };
  };
  /** Private: what the client allows, and what of it is used. */
  credit: number;
  delivery_count: number;
  /** Private: the client waits for its credit to be used up. */
  _draining: boolean;
  /** Private: uses up the credit of a draining link, and says whether it did; asked when a flow is about to be written. */
  _get_drain(): boolean;
}

export interface AmqpDelivery {
  readonly id: number;
  readonly format: number;
  readonly link: AmqpLink;
  /** Private: a delivery that is settled on both sides is forgotten. */
  settled: boolean;
  remote_settled: boolean;
}

export interface AmqpContext {
  readonly connection: AmqpConnection;
  readonly session: AmqpSession;
  readonly sender: AmqpLink;
  readonly receiver: AmqpLink;
  readonly delivery: AmqpDelivery;
  readonly message: unknown;
}

export interface AmqpContainer {
  on(event: 'protocol_error' | 'error', listener: (error: Error) => void): void;
  on(event: string, listener: (context: AmqpContext) => void): void;
  listen(options: object): Server;
  readonly sasl_server_mechanisms: Record<string, unknown> & { enable_anonymous(): void };
}

/** A request on `$cbs` or `$management`. */
export interface AmqpRequest {
  readonly message_id?: unknown;
  readonly reply_to?: string;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** What a client says about a range of deliveries. */
interface Disposition {
  readonly first: number;
  readonly last?: number | null;
  readonly settled?: boolean | null;
  readonly state?: Described | null;
}

interface Described {
  readonly descriptor: { readonly value: number };
  readonly value: unknown;
}

/** The final states of a delivery (specification, part 3, section 3.4). */
export type Outcome =
  | { readonly kind: 'accepted' | 'released' }
  | { readonly kind: 'modified'; readonly undeliverableHere: boolean; readonly annotations: EncodedProperties }
  | { readonly kind: 'rejected'; readonly info: Readonly<Record<string, unknown>> };

interface RheaTypes {
  wrap(value: unknown): Typed;
  wrap_int(value: number): Typed;
  wrap_symbol(value: string): Typed;
  wrap_uuid(value: Buffer): Typed;
  wrap_timestamp(value: number): Typed;
  wrap_array(values: readonly number[], typecode: number): Typed;
  Writer: new () => { write(value: Typed): void; toBuffer(): Buffer };
}

interface RheaMessage {
  decode(bytes: Buffer): AmqpRequest;
  accepted(): { described(): Described };
  rejected(fields: object): { described(): Described };
  unwrap_outcome(state: Described): {
    undeliverable_here?: boolean | null;
    message_annotations?: Record<string, unknown> | null;
    error?: { info?: Record<string, unknown> | null } | null;
  };
}

const { types, message, create_container } = rhea as unknown as {
  types: RheaTypes;
  message: RheaMessage;
  create_container(options: object): AmqpContainer;
};

/** Private: rhea has no call that writes one disposition frame. */
const frames = createRequire(import.meta.url)('rhea/lib/frames.js') as { disposition(fields: object): object };

/** Any format but 0 keeps rhea from decoding a message, which the broker relays as it is. */
const UNDECODED = 0x7ffffffe;

const OUTCOMES = new Map([
  [0x24, 'accepted'],
  [0x25, 'rejected'],
  [0x26, 'released'],
  [0x27, 'modified'],
] as const);

const LONG = 0x81;
const TIMESTAMP = 0x83;

export const typed = {
  int: (value: number) => types.wrap_int(value),
  symbol: (value: string) => types.wrap_symbol(value),
  uuid: (bytes: Buffer) => types.wrap_uuid(bytes),
  longs: (values: readonly number[]) => types.wrap_array(values, LONG),
  timestamps: (values: readonly number[]) => types.wrap_array(values, TIMESTAMP),
};

export const createContainer = (options: object): AmqpContainer => create_container(options);

/** Undefined: it cannot be read. */
export function decodeRequest(bytes: Buffer): AmqpRequest | undefined {
  try {
    return message.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Encodes what rhea has decoded; a number becomes the smallest fitting type. */
export function encodeValue(value: unknown): Buffer {
  const writer = new types.Writer();
  writer.write(types.wrap(value));
  return writer.toBuffer();
}

export const encodeValues = (values: Iterable<[string, unknown]>): EncodedProperties =>
  new Map([...values].map(([name, value]) => [name, encodeValue(value)]));

export interface SessionHandlers {
  /** The client said something about what was sent to it. `outcome` undefined: it only settled. */
  disposition(first: number, last: number, settled: boolean, outcome: Outcome | undefined): void;
  /** The client changed its credit or its window. */
  flow(): void;
}

/** To be called when the session begins. */
export function takeOver(session: AmqpSession, handlers: SessionHandlers): void {
  const onTransfer = session.on_transfer.bind(session);
  session.on_transfer = (frame) => {
    if (!frame.performative.message_format) frame.performative.message_format = UNDECODED;
    onTransfer(frame);
  };
  // Replaced, not wrapped: rhea looks a delivery up by its place in a ring, which after 2048 further deliveries (or
  // however many the ring holds) is the place of another one.
  session.outgoing.on_disposition = ({ first, last, settled, state }) =>
    handlers.disposition(first, last ?? first, settled === true, state ? outcomeOf(state) : undefined);
  const onFlow = session.on_flow.bind(session);
  session.on_flow = (frame) => {
    onFlow(frame);
    handlers.flow();
    // The SDK's sockets keep Nagle's algorithm on: they hold the next small frame back until this one is acknowledged,
    // and an acknowledgement alone is delayed by up to 40 ms. Any answer carries it at once.
    process.nextTick(() => {
      if (session.connection.is_open()) session.connection._write_frame();
    });
  };
}

function outcomeOf(state: Described): Outcome | undefined {
  const kind = OUTCOMES.get(state.descriptor.value as 0x24);
  if (kind === undefined) return undefined;
  const fields = message.unwrap_outcome(state);
  if (kind === 'modified') {
    const annotations = encodeValues(Object.entries(fields.message_annotations ?? {}));
    return { kind, undeliverableHere: fields.undeliverable_here === true, annotations };
  }
  return kind === 'rejected' ? { kind, info: fields.error?.info ?? {} } : { kind };
}

/** Accepts an attach: with the addresses and the settlement modes that the client asked for. */
export function acceptAttach(link: AmqpLink): void {
  link.set_source({ address: link.source?.address ?? undefined });
  link.set_target({ address: link.target?.address ?? undefined });
  if (link.snd_settle_mode != null) link.local.attach.snd_settle_mode = link.snd_settle_mode;
  if (link.rcv_settle_mode != null) link.local.attach.rcv_settle_mode = link.rcv_settle_mode;
}

/** Refuses an attach: an attach without source and target, then a detach with the error. */
export function refuseAttach(link: AmqpLink, error: BrokerError): void {
  link.local.attach.source = undefined;
  link.local.attach.target = undefined;
  link.open();
  link.close({ condition: error.condition, description: error.message });
}

/** How many deliveries rhea was given that it could not write yet: the client's window is full. */
export const unwritten = ({ outgoing }: AmqpSession): number =>
  outgoing.next_delivery_id - outgoing.next_pending_delivery;

/** Lets a draining link be drained as soon as nothing of it is left to write. rhea's own way says nothing if no credit is left. */
export function prepareDraining(link: AmqpLink): void {
  link._get_drain = () => {
    if (!link._draining || unwritten(link.session) > 0) return false;
    link.delivery_count += link.credit;
    link.credit = 0;
    link._draining = false;
    return true;
  };
}

export function drain(link: AmqpLink): void {
  if (!link._draining) return;
  link.set_drained(true);
  link.connection._register();
}

/** Has rhea forget a delivery; until then it takes a place in the session's window. */
export function forget(delivery: AmqpDelivery): void {
  delivery.settled = true;
  delivery.remote_settled = true;
  if (delivery.link.connection.is_open()) delivery.link.connection._register();
}

/**
 * Settles the deliveries from `first` to `last`: accepted, or refused with `error`. `ofReceiver`: the broker received
 * them; otherwise it sent them.
 */
export function writeDisposition(
  session: AmqpSession,
  ofReceiver: boolean,
  first: number,
  last: number,
  error?: BrokerError,
): void {
  if (!session.connection.is_open()) return;
  const state = error
    ? message.rejected({ error: { condition: error.condition, description: error.message } })
    : message.accepted();
  session.output(frames.disposition({ role: ofReceiver, first, last, settled: true, state: state.described() }));
}

/** Sends a message that needs no settlement. */
export function sendSettled(link: AmqpLink, reply: object): void {
  link.send(reply).settled = true;
}
