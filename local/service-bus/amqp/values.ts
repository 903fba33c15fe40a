/**
 * The few AMQP 1.0 values that the broker reads and writes itself (specification, part 1, section 1.6). Everything else
 * in a message is relayed as the bytes that came in, so that types which JavaScript does not have (long, ubyte, …) survive.
 */
import { malformed } from '../errors.ts';

const DESCRIBED = 0x00;
const WIDTH_OF_FIXED: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };

/** Where the value that starts at `at` ends. The high nibble of its constructor says how wide it is. */
export function endOfValue(bytes: Buffer, at: number): number {
  const end = endUnchecked(bytes, at);
  if (end > bytes.length) throw malformed('The message ends in the middle of a value.');
  return end;
}

function endUnchecked(bytes: Buffer, at: number): number {
  const code = bytes[at];
  if (code === undefined) throw malformed('The message ends where a value should begin.');
  if (code === DESCRIBED) return endUnchecked(bytes, endUnchecked(bytes, at + 1));
  const content = at + 1;
  const kind = code >> 4;
  const fixed = WIDTH_OF_FIXED[kind];
  if (fixed !== undefined) return content + fixed;
  if (kind === 0xa || kind === 0xc || kind === 0xe) return content + 1 + byteAt(bytes, content);
  if (kind === 0xb || kind === 0xd || kind === 0xf) return content + 4 + uint32At(bytes, content);
  throw malformed(`0x${code.toString(16)} is no AMQP constructor.`);
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw malformed('The message ends in the middle of a value.');
  return byte;
}

function uint32At(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw malformed('The message ends in the middle of a value.');
  return bytes.readUInt32BE(at);
}

/** The encoded items of a list, or the keys and values of a map one after the other. */
export function itemsOf(compound: Buffer): Buffer[] {
  const code = byteAt(compound, 0);
  if (code === 0x45) return [];
  const wide = code === 0xd0 || code === 0xd1;
  if (!wide && code !== 0xc0 && code !== 0xc1) throw malformed('A list or a map was expected.');
  const count = wide ? uint32At(compound, 5) : byteAt(compound, 2);
  const items: Buffer[] = [];
  let at = wide ? 9 : 3;
  for (let i = 0; i < count; i++) {
    const end = endOfValue(compound, at);
    items.push(compound.subarray(at, end));
    at = end;
  }
  return items;
}

/** The content of a binary, string or symbol; undefined for a value of another type. */
export function contentOf(value: Buffer): Buffer | undefined {
  const kind = byteAt(value, 0) >> 4;
  if (kind === 0xa) return value.subarray(2);
  return kind === 0xb ? value.subarray(5) : undefined;
}

/** An unsigned integer, a timestamp (milliseconds since 1970) or a boolean as a number; undefined for null and all else. */
export function numberOf(value: Buffer | undefined): number | undefined {
  switch (value?.[0]) {
    case 0x43: // uint 0
    case 0x44: // ulong 0
    case 0x42: // false
      return 0;
    case 0x41: // true
      return 1;
    case 0x50: // ubyte
    case 0x52: // uint in one byte
    case 0x53: // ulong in one byte
    case 0x56: // boolean in one byte
      return value[1];
    case 0x70: // uint
      return value.readUInt32BE(1);
    case 0x80: // ulong
      return Number(value.readBigUInt64BE(1));
    case 0x83: // timestamp
      return Number(value.readBigInt64BE(1));
    default:
      return undefined;
  }
}

export const isNull = (value: Buffer | undefined): boolean => value === undefined || value[0] === 0x40;

export const NULL = Buffer.of(0x40);

export const booleanValue = (value: boolean): Buffer => Buffer.of(value ? 0x41 : 0x42);

export const ubyteValue = (value: number): Buffer => Buffer.of(0x50, value);

export const intValue = (value: number): Buffer => fixed(0x71, 4, (bytes) => bytes.writeInt32BE(value, 1));

export const uintValue = (value: number): Buffer => fixed(0x70, 4, (bytes) => bytes.writeUInt32BE(value, 1));

export const longValue = (value: number): Buffer => fixed(0x81, 8, (bytes) => bytes.writeBigInt64BE(BigInt(value), 1));

export const timestampValue = (milliseconds: number): Buffer =>
  fixed(0x83, 8, (bytes) => bytes.writeBigInt64BE(BigInt(Math.round(milliseconds)), 1));

export const stringValue = (text: string): Buffer => variable(0xa1, Buffer.from(text));

export const symbolValue = (text: string): Buffer => variable(0xa3, Buffer.from(text, 'ascii'));

export const listValue = (items: readonly Buffer[]): Buffer => compound(0xd0, items);

/** `items` are keys and values one after the other. */
export const mapValue = (items: readonly Buffer[]): Buffer => compound(0xd1, items);

function fixed(code: number, width: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(1 + width);
  bytes[0] = code;
  write(bytes);
  return bytes;
}

/** `code` is the constructor with the length in one byte; the one with four is 0x10 above it. */
function variable(code: number, content: Buffer): Buffer {
  if (content.length < 256) return Buffer.concat([Buffer.of(code, content.length), content]);
  return Buffer.concat([fixed(code + 0x10, 4, (bytes) => bytes.writeUInt32BE(content.length, 1)), content]);
}

function compound(code: number, items: readonly Buffer[]): Buffer {
  const size = items.reduce((sum, item) => sum + item.length, 0);
  const head = Buffer.alloc(9);
  head[0] = code;
  head.writeUInt32BE(size + 4, 1);
  head.writeUInt32BE(items.length, 5);
  return Buffer.concat([head, ...items], head.length + size);
}
