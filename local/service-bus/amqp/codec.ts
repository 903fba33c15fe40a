/** Messages as Service Bus writes them: split into sections, and put together again for a receiver. */
import { malformed } from '../errors.ts';
import {
  booleanValue,
  contentOf,
  endOfValue,
  intValue,
  isNull,
  itemsOf,
  listValue,
  longValue,
  mapValue,
  NULL,
  numberOf,
  stringValue,
  symbolValue,
  timestampValue,
  ubyteValue,
  uintValue,
} from './values.ts';

const HEADER = 0x70;
const MESSAGE_ANNOTATIONS = 0x72;
const PROPERTIES = 0x73;
const APPLICATION_PROPERTIES = 0x74;
const DATA = 0x75;
const SEQUENCE = 0x76;
const VALUE = 0x77;
const FOOTER = 0x78;

const DEFAULT_PRIORITY = 4;
const MAX_UINT = 0xffffffff;
const STATE_CODES = { deferred: 1, scheduled: 2 } as const;

/** The sections of a message, each as it came in. Delivery annotations are for one hop only and are left out. */
interface Sections {
  header?: Buffer;
  annotations?: Buffer;
  properties?: Buffer;
  applicationProperties?: Buffer;
  body: Buffer[];
  footer?: Buffer;
}

/** A message that a client sent, with what the queue has to know about it. */
export interface IncomingMessage {
  /** The whole message, with an id. */
  readonly payload: Buffer;
  readonly messageId: string;
  /** Milliseconds; undefined: the sender set none. */
  readonly timeToLive: number | undefined;
  /** Milliseconds since 1970; undefined: at once. */
  readonly scheduledFor: number | undefined;
}

/** What the broker says about a message that it hands out. */
export interface MessageView {
  readonly sequenceNumber: number;
  readonly enqueuedAt: number;
  readonly timeToLive: number | undefined;
  readonly deliveryCount: number;
  readonly state: 'active' | 'scheduled' | 'deferred';
  readonly deadLetterSource: string | undefined;
  /** Encoded section that stands in for the one of the payload; undefined: the payload's own. */
  readonly applicationProperties: Buffer | undefined;
}

/** Encoded AMQP values by name. */
export type EncodedProperties = ReadonlyMap<string, Buffer>;

/** @throws BrokerError amqp:decode-error */
export function readIncoming(message: Buffer, newId: () => string): IncomingMessage {
  const sections = split(message);
  const header = fieldsOf(sections.header);
  const properties = fieldsOf(sections.properties);
  const annotations = sections.annotations ? entriesOf(sections.annotations) : undefined;
  const given = properties[0];
  const hasId = given !== undefined && !isNull(given);
  const messageId = hasId ? textOfId(given) : newId();
  return {
    payload: hasId ? message : withMessageId(sections, properties, messageId),
    messageId,
    timeToLive: numberOf(header[2]),
    scheduledFor: numberOf(annotations?.get('x-opt-scheduled-enqueue-time')),
  };
}

/** The messages of a batch: one encoded message in each data section. */
export function messagesOfBatch(batch: Buffer): Buffer[] {
  return split(batch).body.map((section) => {
    const content = contentOf(valueIn(section));
    if (!content) throw malformed('A batch holds something that is not a data section.');
    return content;
  });
}

/** The message as a receiver gets it. `lockedUntil`: milliseconds since 1970, for a locked message. */
export function render(payload: Buffer, view: MessageView, lockedUntil?: number, omitBody = false): Buffer {
  const sections = split(payload);
  const parts = [renderHeader(sections.header, view), renderAnnotations(sections.annotations, view, lockedUntil)];
  if (sections.properties) parts.push(sections.properties);
  const applicationProperties = view.applicationProperties ?? sections.applicationProperties;
  if (applicationProperties) parts.push(applicationProperties);
  if (!omitBody) parts.push(...sections.body);
  if (sections.footer) parts.push(sections.footer);
  return Buffer.concat(parts);
}

/** The application properties section of `view` (or, failing that, of `payload`) with `changes` laid over it. */
export function changeApplicationProperties(
  payload: () => Buffer,
  current: Buffer | undefined,
  changes: EncodedProperties,
): Buffer {
  const encoded = [...changes].map(([name, value]) => [stringValue(name), value] as const);
  return overlay(APPLICATION_PROPERTIES, current ?? split(payload()).applicationProperties, encoded);
}

function split(message: Buffer): Sections {
  const sections: Sections = { body: [] };
  for (let at = 0; at < message.length; ) {
    const end = endOfValue(message, at);
    place(sections, message.subarray(at, end));
    at = end;
  }
  return sections;
}

function place(sections: Sections, section: Buffer): void {
  switch (descriptorOf(section)) {
    case HEADER:
      sections.header = section;
      break;
    case MESSAGE_ANNOTATIONS:
      sections.annotations = section;
      break;
    case PROPERTIES:
      sections.properties = section;
      break;
    case APPLICATION_PROPERTIES:
      sections.applicationProperties = section;
      break;
    case DATA:
    case SEQUENCE:
    case VALUE:
      sections.body.push(section);
      break;
    case FOOTER:
      sections.footer = section;
      break;
    default:
  }
}

/** A section is a described value; its descriptor is a ulong of one byte (0x53) or of eight (0x80). */
function descriptorOf(section: Buffer): number | undefined {
  if (section[0] !== 0x00) throw malformed('The message holds something that is not a section.');
  return numberOf(section.subarray(1));
}

const valueIn = (section: Buffer): Buffer => section.subarray(endOfValue(section, 1));

const fieldsOf = (section: Buffer | undefined): Buffer[] => (section ? itemsOf(valueIn(section)) : []);

function entriesOf(section: Buffer): Map<string, Buffer> {
  const entries = new Map<string, Buffer>();
  const items = fieldsOf(section);
  for (let i = 0; i + 1 < items.length; i += 2) {
    const key = items[i];
    const value = items[i + 1];
    if (key && value) entries.set(contentOf(key)?.toString() ?? '', value);
  }
  return entries;
}

const sectionOf = (descriptor: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.of(0x00, 0x53, descriptor), value]);

/** A message id is a string, a ulong, a uuid or binary. */
function textOfId(id: Buffer): string {
  const content = contentOf(id);
  if (content) return content.toString();
  return numberOf(id)?.toString() ?? id.subarray(1).toString('hex');
}

function withMessageId(sections: Sections, properties: readonly Buffer[], id: string): Buffer {
  const parts = [
    sections.header,
    sections.annotations,
    sectionOf(PROPERTIES, listValue([stringValue(id), ...properties.slice(1)])),
    sections.applicationProperties,
    ...sections.body,
    sections.footer,
  ];
  return Buffer.concat(parts.filter((part) => part !== undefined));
}

function renderHeader(header: Buffer | undefined, view: MessageView): Buffer {
  const [durable, priority] = fieldsOf(header);
  const fields = [
    booleanValue(numberOf(durable) === 1),
    ubyteValue(numberOf(priority) ?? DEFAULT_PRIORITY),
    view.timeToLive === undefined ? NULL : uintValue(Math.min(view.timeToLive, MAX_UINT)),
    booleanValue(false),
    uintValue(view.deliveryCount),
  ];
  return sectionOf(HEADER, listValue(fields));
}

const SEQUENCE_NUMBER = symbolValue('x-opt-sequence-number');
const ENQUEUED_TIME = symbolValue('x-opt-enqueued-time');
const LOCKED_UNTIL = symbolValue('x-opt-locked-until');
const MESSAGE_STATE = symbolValue('x-opt-message-state');
const DEAD_LETTER_SOURCE = symbolValue('x-opt-deadletter-source');

function renderAnnotations(annotations: Buffer | undefined, view: MessageView, lockedUntil?: number): Buffer {
  const entries: (readonly [Buffer, Buffer])[] = [
    [SEQUENCE_NUMBER, longValue(view.sequenceNumber)],
    [ENQUEUED_TIME, timestampValue(view.enqueuedAt)],
  ];
  if (lockedUntil !== undefined) entries.push([LOCKED_UNTIL, timestampValue(lockedUntil)]);
  if (view.state !== 'active') entries.push([MESSAGE_STATE, intValue(STATE_CODES[view.state])]);
  if (view.deadLetterSource !== undefined) {
    entries.push([DEAD_LETTER_SOURCE, stringValue(view.deadLetterSource)]);
  }
  return overlay(MESSAGE_ANNOTATIONS, annotations, entries);
}

/** A map section with `entries` (encoded key, encoded value) in place of its own entries of the same keys. */
function overlay(
  descriptor: number,
  section: Buffer | undefined,
  entries: readonly (readonly [Buffer, Buffer])[],
): Buffer {
  const items: Buffer[] = [];
  const old = fieldsOf(section);
  for (let i = 0; i + 1 < old.length; i += 2) {
    const key = old[i];
    const value = old[i + 1];
    if (key && value && !entries.some(([name]) => sameText(name, key))) items.push(key, value);
  }
  for (const [key, value] of entries) items.push(key, value);
  return sectionOf(descriptor, mapValue(items));
}

function sameText(left: Buffer, right: Buffer): boolean {
  const a = contentOf(left);
  const b = contentOf(right);
  return a !== undefined && b !== undefined && a.equals(b);
}
