const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * The one way in which pages write a number, so that equal values are equal texts: no exponent, no zeros at either end,
 * no negative zero. Null when it is no number.
 */
export function numberText(value: number | string): string | null {
  const text = String(value);
  if (typeof value === 'number' && !text.includes('e')) return text;
  const match = NUMBER.exec(text);
  if (!match) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const point = whole.length + Number(exponent);
  const digits = '0'.repeat(Math.max(0, -point)) + whole + fraction;
  const integer = digits.slice(0, Math.max(0, point)).padEnd(point, '0').replace(/^0+/, '') || '0';
  const decimals = digits.slice(Math.max(0, point)).replace(/0+$/, '');
  if (decimals) return `${sign}${integer}.${decimals}`;
  return integer === '0' ? integer : `${sign}${integer}`;
}
