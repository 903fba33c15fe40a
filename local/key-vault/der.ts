/**
 * As much of ASN.1's distinguished encoding (DER, ITU-T X.690) as a certificate needs: each value is a tag, the length of
 * its content and the content.
 */

const encode = (tag: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(tag), length(content.length), content]);

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes);
  const digits = Buffer.from(evenHex(bytes), 'hex');
  return Buffer.concat([Buffer.of(0x80 | digits.length), digits]);
}

const evenHex = (value: number): string => {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
};

export const sequence = (...items: Uint8Array[]): Buffer => encode(0x30, Buffer.concat(items));

export const set = (...items: Uint8Array[]): Buffer => encode(0x31, Buffer.concat(items));

export const boolean = (value: boolean): Buffer => encode(0x01, Buffer.of(value ? 0xff : 0));

/** A positive integer, most significant byte first; a leading zero keeps it positive. */
export const integer = (bytes: Uint8Array): Buffer =>
  encode(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);

export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer =>
  encode(0x03, Buffer.concat([Buffer.of(unusedBits), bytes]));

export const octetString = (bytes: Uint8Array): Buffer => encode(0x04, bytes);

export const utf8String = (text: string): Buffer => encode(0x0c, Buffer.from(text));

/** An object identifier such as `2.5.29.17`: the first two numbers share a byte, the others take seven bits a byte. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encode(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** To the second; up to 2049 the form with two digits for the year is prescribed (RFC 5280, 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050 ? encode(0x17, Buffer.from(digits.slice(2))) : encode(0x18, Buffer.from(digits));
}

/** A field known by its number: with its own tag around the content, or (`primitive`) instead of the content's tag. */
export const field = (number: number, content: Uint8Array): Buffer => encode(0xa0 | number, content);
export const primitive = (number: number, content: Uint8Array): Buffer => encode(0x80 | number, content);
