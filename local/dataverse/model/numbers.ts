/** A double holds every number of this many significant digits. */
const DOUBLE_SAFE_DIGITS = 15;

/** The cell of an exact number: a number where a double holds all its digits, else its text. */
export function exactCell(text: string): number | string {
  const digits = text
    .replace(/^[-+]?0*/, '')
    .replace('.', '')
    .replace(/^0+/, '');
  return digits.length <= DOUBLE_SAFE_DIGITS ? Number(text) : text;
}

/** A number as plain digits (`1e-7` is `0.0000001`). */
export function plainDigits(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign, first, rest = '', exponentText] = match;
  const exponent = Number(exponentText);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${first}${rest}`;
  return `${sign}${first}${rest.padEnd(exponent, '0')}`;
}

/** An exact number with `scale` digits after the point; further digits are rounded half away from zero. */
export function decimalText(cell: number | string, scale: number): string {
  const text = typeof cell === 'number' ? plainDigits(cell) : cell;
  const [whole = '0', fraction = ''] = text.split('.');
  if (fraction.length > scale) return rounded(text, scale);
  return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`;
}

function rounded(text: string, scale: number): string {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const up = (fraction[scale] ?? '0') >= '5' ? 1n : 0n;
  const units = (BigInt(whole + fraction.slice(0, scale)) + up).toString().padStart(scale + 1, '0');
  const result = scale === 0 ? units : `${units.slice(0, -scale)}.${units.slice(-scale)}`;
  return negative && /[1-9]/.test(result) ? `-${result}` : result;
}
