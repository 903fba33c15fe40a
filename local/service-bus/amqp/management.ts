/** The operations of a queue's `$management` address. */

import type { BrokerContext } from '../context.ts';
import { BrokerError, notImplemented } from '../errors.ts';
import type { Right } from '../keys.ts';
import type { Message, Settlement } from '../queue/message.ts';
import type { Queue } from '../queue/queue.ts';
import { render } from './codec.ts';
import { encodeValues, typed } from './rhea.ts';
import { send } from './sending.ts';

/** An answer of peek holds no more; the client asks again for the rest. */
const MAX_PEEK_BYTES = 1024 * 1024;

const NOTHING_FOUND = 204;

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export interface Operation {
  readonly right: Right;
  run(context: BrokerContext, queue: Queue, body: Body): Answer | Promise<Answer>;
}

type Body = Readonly<Record<string, unknown>>;

const ok = (body?: unknown): Answer => ({ status: 200, body });

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'peek-message': { right: 'Listen', run: peek },
  'renew-lock': {
    right: 'Listen',
    run: (_context, queue, body) =>
      ok({ expirations: typed.timestamps(tokens(body).map((token) => queue.renew(token))) }),
  },
  'schedule-message': { right: 'Send', run: schedule },
  'cancel-scheduled-message': {
    right: 'Send',
    run(_context, queue, body) {
      queue.cancelScheduled(sequenceNumbers(body));
      return ok();
    },
  },
  'receive-by-sequence-number': { right: 'Listen', run: receiveDeferred },
  'update-disposition': { right: 'Listen', run: settle },
};

/** @throws BrokerError amqp:not-implemented, for everything about sessions, among other things */
export function operationOf(name: unknown): Operation {
  const operation = OPERATIONS[String(name).replace('com.microsoft:', '')];
  if (!operation) throw notImplemented(`This broker has no operation '${name}'.`);
  return operation;
}

function peek({ store }: BrokerContext, queue: Queue, body: Body): Answer {
  const limit = numberIn(body['message-count']);
  const omitBody = body['omit-message-body'] === true;
  const messages: { message: Buffer }[] = [];
  let bytes = 0;
  for (const message of queue.peek(numberIn(body['from-sequence-number']))) {
    if (messages.length >= limit || bytes >= MAX_PEEK_BYTES) break;
    const encoded = render(store.read(message), message, undefined, omitBody);
    bytes += encoded.length;
    messages.push({ message: encoded });
  }
  return messages.length > 0 ? ok({ messages }) : { status: NOTHING_FOUND };
}

async function schedule(context: BrokerContext, queue: Queue, body: Body): Promise<Answer> {
  const messages = listIn(body, 'messages').map((entry) => bytesIn(recordIn(entry).message));
  return ok({ 'sequence-numbers': typed.longs(await send(context, queue, messages)) });
}

function receiveDeferred({ store }: BrokerContext, queue: Queue, body: Body): Answer {
  const deletes = numberIn(body['receiver-settle-mode']) === 0;
  const numbers = sequenceNumbers(body);
  const encode = (message: Message) => render(store.read(message), message, message.lock?.until);
  if (deletes) return ok({ messages: queue.takeDeferred(numbers).map((message) => ({ message: encode(message) })) });
  const messages = queue.lockDeferred(numbers).map((message) => {
    const token = Buffer.from(message.lock?.token ?? '', 'hex');
    return { message: encode(message), 'lock-token': typed.uuid(swapGuid(token)) };
  });
  return ok({ messages });
}

function settle(_context: BrokerContext, queue: Queue, body: Body): Answer {
  const settlement = settlementIn(body);
  for (const token of tokens(body)) queue.settle(token, settlement);
  return ok();
}

/** `defered` is spelled like that; `suspended` means dead-lettered. */
function settlementIn(body: Body): Settlement {
  const properties = encodeValues(Object.entries(recordIn(body['properties-to-modify'] ?? {})));
  switch (body['disposition-status']) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', properties };
    case 'defered':
      return { kind: 'defer', properties };
    case 'suspended': {
      const reason = textIn(body['deadletter-reason']);
      return { kind: 'deadLetter', reason, description: textIn(body['deadletter-description']), properties };
    }
    default:
      throw invalid(`'${body['disposition-status']}' is no disposition.`);
  }
}

const invalid = (description: string) => new BrokerError('amqp:invalid-field', description, 400);

/** The first three fields of a GUID are little-endian in .NET, so in delivery tags, and big-endian in an AMQP uuid. */
function swapGuid(bytes: Buffer): Buffer {
  const swapped = Buffer.from(bytes);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped;
}

const tokens = (body: Body): string[] =>
  listIn(body, 'lock-tokens').map((token) => swapGuid(bytesIn(token)).toString('hex'));

const sequenceNumbers = (body: Body): number[] => listIn(body, 'sequence-numbers').map(numberIn);

function listIn(body: Body, name: string): unknown[] {
  const value = body[name];
  if (!Array.isArray(value)) throw invalid(`'${name}' has to be a list.`);
  return value;
}

function recordIn(value: unknown): Body {
  if (typeof value !== 'object' || value === null) throw invalid('A map was expected.');
  return value as Body;
}

function bytesIn(value: unknown): Buffer {
  if (!Buffer.isBuffer(value)) throw invalid('Binary was expected.');
  return value;
}

/** rhea gives a long that a double cannot hold as its eight bytes. */
function numberIn(value: unknown): number {
  const number = Buffer.isBuffer(value) && value.length === 8 ? Number(value.readBigInt64BE()) : Number(value);
  if (Number.isNaN(number)) throw invalid('A number was expected.');
  return number;
}

const textIn = (value: unknown): string | undefined => (value == null ? undefined : String(value));
