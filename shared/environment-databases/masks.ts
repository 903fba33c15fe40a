import { createHmac } from 'node:crypto';
import type { MaskRule } from './scrub-rules.ts';

/** What a column can hold, as far as masks are concerned: any text, a decimal number without exponent, or a GUID. */
export type MaskedKind = 'text' | 'number' | 'guid';

export interface MaskedColumn {
  readonly kind: MaskedKind;
  /** Characters that the column takes at most; null for no limit. */
  readonly maxLength: number | null;
}

/**
 * The mask of a value: the same for the same value and seed, and never the value itself. Without the seed nobody finds the
 * way back but by trying all values. A value that tells nothing (empty, zero, punctuation alone) stays.
 */
export function maskValue(
  mask: MaskRule['mask'],
  seed: string,
  { kind, maxLength }: MaskedColumn,
  value: string,
): string {
  if (!tellsSomething(kind, value)) return value;
  for (let attempt = 0; ; attempt += 1) {
    const draw = drawer(seed, `${attempt} ${value}`);
    const masked = maskers[kind](mask, draw, value);
    const fitting = maxLength === null ? masked : [...masked].slice(0, maxLength).join('');
    if (fitting !== value) return fitting;
  }
}

/** Whether there is anything in the value that a mask could hide. */
export function tellsSomething(kind: MaskedKind, value: string): boolean {
  return kind === 'number' ? /[1-9]/.test(value) : SIGNIFICANT.test(value);
}

const SIGNIFICANT = /[0-9A-Za-z]|[^\p{ASCII}]/u;

/** A number from 0 to below `below` (256 at most); each call the next one. */
type Draw = (below: number) => number;

const BLOCK_BYTES = 32;

/** An endless row of numbers that follows from seed and value alone. */
function drawer(seed: string, value: string): Draw {
  let block = Buffer.alloc(0);
  let blocks = 0;
  let at = BLOCK_BYTES;
  return (below) => {
    if (at >= block.length) {
      block = createHmac('sha256', seed).update(`${blocks} ${value}`).digest();
      blocks += 1;
      at = 0;
    }
    const byte = block[at] ?? 0;
    at += 1;
    return Math.floor((byte * below) / 256);
  };
}

const maskers: Readonly<Record<MaskedKind, (mask: MaskRule['mask'], draw: Draw, value: string) => string>> = {
  text: (mask, draw, value) =>
    mask === 'hash' ? hex(draw, 64) : mask === 'fake' ? fake(draw, value) : keep(draw, value),
  number: (_, draw, value) => otherNumber(draw, value),
  guid: (_, draw) => hex(draw, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5'),
};

function hex(draw: Draw, digits: number): string {
  return Array.from({ length: digits }, () => draw(16).toString(16)).join('');
}

/** Digits become digits, capital letters capital letters, all other letters small ones; what stands between them stays. */
function keep(draw: Draw, value: string): string {
  return [...value].map((character) => other(draw, character)).join('');
}

function other(draw: Draw, character: string): string {
  if (/[0-9]/.test(character)) return String(draw(10));
  if (/\p{Lu}/u.test(character)) return letter(draw).toUpperCase();
  return SIGNIFICANT.test(character) ? letter(draw) : character;
}

function letter(draw: Draw): string {
  return String.fromCharCode(97 + draw(26));
}

/** Numbers of digits at which the types of integers end: a leading 1 fits into all of them. */
const FULL_INTEGERS: readonly number[] = [3, 5, 10, 19];

/** As many digits on either side of the point, the same sign. */
function otherNumber(draw: Draw, value: string): string {
  const whole = /^-?(\d*)/.exec(value)?.[1] ?? '';
  const leading = FULL_INTEGERS.includes(whole.length) ? '1' : String(1 + draw(9));
  const digits = value.replace(/\d/g, () => String(draw(10)));
  return /^0*$/.test(whole) ? digits.replace(/^(-?)\d*/, `$1${whole}`) : digits.replace(/^(-?)\d/, `$1${leading}`);
}

const FIRST_NAMES =
  'Ada Alan Barbara Bjarne Claude Donald Edsger Emmy Frances Grace Hedy Ida John Karen Katherine Ken Leslie Lynn Margaret Mary Niklaus Radia Robin Sophie'.split(
    ' ',
  );
const LAST_NAMES =
  'Ash Birch Brook Cliff Dale Field Finch Forest Frost Glen Grove Hazel Heath Hill Lake Marsh Meadow Moor Oak Rivers Rowan Stone Vale Wood'.split(
    ' ',
  );

/** An e-mail address for an e-mail address (of a domain that no mail reaches), digits for digits, a name for anything else. */
function fake(draw: Draw, value: string): string {
  if (/^[\d\s()+./-]+$/.test(value)) return keep(draw, value);
  const first = FIRST_NAMES[draw(FIRST_NAMES.length)] ?? '';
  const last = LAST_NAMES[draw(LAST_NAMES.length)] ?? '';
  if (!value.includes('@')) return `${first} ${last}`;
  const number = Array.from({ length: 6 }, () => draw(10)).join('');
  return `${first}.${last}.${number}@example.com`.toLowerCase();
}
