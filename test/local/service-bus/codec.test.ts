import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  changeApplicationProperties,
  messagesOfBatch,
  readIncoming,
  render,
} from '../../../local/service-bus/amqp/codec.ts';
import { stringValue } from '../../../local/service-bus/amqp/values.ts';

/** The SDK's own encoder, as the other side. */
const { message: rhea, types } = createRequire(import.meta.url)('rhea');

const encode = (message: object): Buffer => rhea.encode(message);

const view = {
  sequenceNumber: 7,
  enqueuedAt: 1_700_000_000_000,
  timeToLive: undefined,
  deliveryCount: 2,
  state: 'active',
  deadLetterSource: undefined,
  applicationProperties: undefined,
} as const;

describe('reading', () => {
  test('finds id, time to live and the time of schedule', () => {
    const scheduled = new Date(1_800_000_000_000);
    const bytes = encode({
      message_id: 'm',
      ttl: 5_000,
      message_annotations: { 'x-opt-scheduled-enqueue-time': types.wrap_timestamp(scheduled.getTime()) },
      body: 'b',
    });
    const incoming = readIncoming(bytes, () => 'new');
    expect(incoming).toMatchObject({ messageId: 'm', timeToLive: 5_000, scheduledFor: scheduled.getTime() });
    expect(incoming.payload).toBe(bytes);
  });

  test('gives an id to a message without one, and changes nothing else', () => {
    const { payload, messageId } = readIncoming(encode({ subject: 's', body: 'b' }), () => 'new');
    expect(messageId).toBe('new');
    expect(rhea.decode(payload)).toMatchObject({ message_id: 'new', subject: 's', body: 'b' });
    expect(rhea.decode(readIncoming(encode({ body: 'b' }), () => 'new').payload)).toMatchObject({ message_id: 'new' });
  });

  test('takes numbers and uuids for ids', () => {
    const idOf = (id: unknown) => readIncoming(encode({ message_id: id, body: 'b' }), () => 'new').messageId;
    expect(idOf(42)).toBe('42');
    expect(idOf(Buffer.alloc(16, 0xab))).toBe('ab'.repeat(16));
  });

  test('of bytes that are no message fails with a decode error and with nothing else', () => {
    const cutOff = fc.nat().map((n) => {
      const bytes = encode({ message_id: 'm', application_properties: { a: 1, b: 'x' }, body: 'text' });
      return bytes.subarray(0, n % bytes.length);
    });
    const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(cutOff, noise), (bytes) => {
        try {
          readIncoming(bytes, () => 'new');
        } catch (error) {
          expect(error).toMatchObject({ condition: 'amqp:decode-error' });
        }
      }),
    );
  });

  test('of a batch gives its messages', () => {
    const messages = ['a', 'b'].map((body) => encode({ body }));
    const batch = encode({ body: rhea.data_sections(messages) });
    expect(messagesOfBatch(batch)).toEqual(messages);
  });
});

describe('rendering', () => {
  test('adds what the broker knows and relays the rest byte for byte', () => {
    const bytes = encode({
      durable: true,
      priority: 7,
      message_annotations: { custom: types.wrap_ubyte(1), 'x-opt-sequence-number': types.wrap_long(99) },
      message_id: 'm',
      application_properties: { long: types.wrap_long(5) },
      body: rhea.data_section(Buffer.from('body')),
    });
    const rendered = render(
      bytes,
      { ...view, timeToLive: 9_000, state: 'deferred', deadLetterSource: 'q' },
      1_700_000_060_000,
    );
    const decoded = rhea.decode(rendered);
    expect(decoded).toMatchObject({ durable: true, priority: 7, ttl: 9_000, delivery_count: 2, message_id: 'm' });
    expect(decoded.message_annotations).toEqual({
      custom: 1,
      'x-opt-sequence-number': 7,
      'x-opt-enqueued-time': new Date(1_700_000_000_000),
      'x-opt-locked-until': new Date(1_700_000_060_000),
      'x-opt-message-state': 1,
      'x-opt-deadletter-source': 'q',
    });
    const long = Buffer.concat([stringValue('long'), Buffer.of(0x55, 5)]);
    expect(rendered.includes(long)).toBe(true);
    expect(decoded.body.content.toString()).toBe('body');
  });

  test('may leave the body out', () => {
    expect(rhea.decode(render(encode({ body: 'b' }), view, undefined, true)).body).toBeUndefined();
  });
});

test('changed application properties replace those of the same name and keep the types of the others', () => {
  const bytes = encode({ application_properties: { long: types.wrap_long(5), text: 'old' }, body: 'b' });
  const once = changeApplicationProperties(() => bytes, undefined, new Map([['text', stringValue('new')]]));
  const twice = changeApplicationProperties(() => bytes, once, new Map([['added', stringValue('x'.repeat(300))]]));
  const decoded = rhea.decode(render(bytes, { ...view, applicationProperties: twice }));
  expect(decoded.application_properties).toEqual({ long: 5, text: 'new', added: 'x'.repeat(300) });
  expect(twice.includes(Buffer.of(0x55, 5))).toBe(true);
});
