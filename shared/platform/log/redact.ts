/** What stands where a secret was. */
export const MASK = '***';

const SECRET_WORDS = [
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'account[ _-]?key',
  'access[ _-]?key',
  'api[ _-]?key',
  'private[ _-]?key',
  'shared[ _-]?access[ _-]?signature',
  '(?:access|refresh|id|bearer|sas)[ _-]?token',
  'client[ _-]?assertion',
  'connection[ _-]?string',
  'authorization',
  'credentials?',
].join('|');

const SECRET_NAME = new RegExp(`^\\S*(?:${SECRET_WORDS})$|^(?:token|sas|sig|signature)$`, 'i');

/** A value in double or single quotes or in braces, where a doubled closing sign stands for itself. */
const QUOTED = `"(?:[^"]|"")*"|'(?:[^']|'')*'|\\{(?:[^}]|\\}\\})*\\}`;

/** Each keeps what tells the reader which secret was there. */
const SECRETS_IN_TEXT: readonly (readonly [RegExp, string])[] = [
  // "password": "…"
  [new RegExp(`("[^"]*(?:${SECRET_WORDS})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, 'gi'), `$1"${MASK}"`],
  // Password=…; AccountKey=…; up to the next semicolon, for a value may hold anything else
  [new RegExp(`((?:${SECRET_WORDS})\\s*=\\s*)(?:${QUOTED})?[^;\\r\\n]*`, 'gi'), `$1${MASK}`],
  // postgres://user:password@host
  [/([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/?#@]*:)[^\s/]*(?=@)/gi, `$1${MASK}`],
  // ?sv=…&sig=…, also escaped once more
  [/((?:[?&;]|%3f|%26|\b)sig(?:=|%3d))[^&\s;"'<>]+/gi, `$1${MASK}`],
  [/\b((?:Bearer|Basic)\s+)[\w~+/.=-]+/gi, `$1${MASK}`],
  // A JSON web token without its "Bearer"
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, MASK],
];

/** The text without connection strings' keys and passwords, SAS signatures and bearer tokens. Masking twice changes nothing. */
export function redactText(text: string): string {
  return SECRETS_IN_TEXT.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);
}

/** The last guard before a log line is written; whoever writes it is still to keep secrets out. */
export function redact<Value extends string | number | boolean | null>(
  fields: Readonly<Record<string, Value>>,
): Record<string, Value | string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactField(name, value)]));
}

function redactField<Value>(name: string, value: Value): Value | string {
  if (typeof value !== 'string') return value;
  return SECRET_NAME.test(name) ? MASK : redactText(value);
}
