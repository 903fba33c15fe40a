/**
 * Rows counted and summed up by key range. A range holds the ids that begin with the same hexadecimal digits; its checksum is
 * the sum of its rows' digests, so that rows may come in any order and be taken out again.
 */

const DIGIT = 16;
const ID_DIGITS = 32;

/** Ranges become more with the rows, so that one that differs is looked at with few questions. */
const DIGITS_FOR_ROWS: readonly { readonly below: number; readonly digits: number }[] = [
  { below: 2_000, digits: 1 },
  { below: 50_000, digits: 2 },
];
const DIGITS_MAX = 3;

export function digitsFor(rows: number): number {
  return DIGITS_FOR_ROWS.find(({ below }) => rows < below)?.digits ?? DIGITS_MAX;
}

export function rangeCount(digits: number): number {
  return DIGIT ** digits;
}

/** An id that is none belongs to the first range: it has to belong somewhere. */
export function rangeOf(id: string, digits: number): number {
  return Number.parseInt(id.slice(0, digits), DIGIT) || 0;
}

/** The first and the last id that a range can hold. */
export function boundsOf(range: number, digits: number): { from: string; to: string } {
  const begin = range.toString(DIGIT).padStart(digits, '0');
  return { from: asId(begin.padEnd(ID_DIGITS, '0')), to: asId(begin.padEnd(ID_DIGITS, 'f')) };
}

function asId(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** `[range, rows, sum]` of the ranges that hold something. */
export type SumsJson = readonly (readonly [number, number, string])[];

/** What one side holds, by range. */
export class RangeSums {
  readonly #rows = new Map<number, number>();
  readonly #sums = new Map<number, bigint>();

  static of(json: SumsJson): RangeSums {
    const sums = new RangeSums();
    for (const [range, rows, sum] of json) {
      sums.#rows.set(range, rows);
      sums.#sums.set(range, BigInt(`0x${sum}`));
    }
    return sums;
  }

  /** `digest`: 16 hexadecimal digits. */
  add(range: number, digest: string): void {
    this.#change(range, 1, BigInt(`0x${digest}`));
  }

  remove(range: number, digest: string): void {
    this.#change(range, -1, -BigInt(`0x${digest}`));
  }

  clear(range: number): void {
    this.#rows.delete(range);
    this.#sums.delete(range);
  }

  at(range: number): { rows: number; checksum: string } {
    return { rows: this.#rows.get(range) ?? 0, checksum: text(this.#sums.get(range) ?? 0n) };
  }

  equals(other: RangeSums, range: number): boolean {
    const [one, two] = [this.at(range), other.at(range)];
    return one.rows === two.rows && one.checksum === two.checksum;
  }

  total(): { rows: number; checksum: string } {
    const rows = [...this.#rows.values()].reduce((sum, count) => sum + count, 0);
    return { rows, checksum: text([...this.#sums.values()].reduce((sum, one) => sum + one, 0n)) };
  }

  toJson(): SumsJson {
    return [...this.#rows].map(([range, rows]) => [range, rows, this.at(range).checksum]);
  }

  #change(range: number, rows: number, digest: bigint): void {
    this.#rows.set(range, (this.#rows.get(range) ?? 0) + rows);
    this.#sums.set(range, BigInt.asUintN(64, (this.#sums.get(range) ?? 0n) + digest));
  }
}

function text(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(DIGIT).padStart(16, '0');
}

/** A range whose sides are not alike. */
export interface RangeJson {
  readonly from: string;
  readonly to: string;
  readonly source: { readonly rows: number; readonly checksum: string };
  readonly destination: { readonly rows: number; readonly checksum: string };
}
