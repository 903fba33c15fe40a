import { type AttributeDefinition, isChoice } from '../model/definitions.ts';
import { between, pick, type Random, seededIds } from '../model/random.ts';
import type { Cell } from '../model/row.ts';
import * as words from './words.ts';

/** One person or company that a row is about, so that its columns fit together. */
export interface Persona {
  readonly firstName: string;
  readonly lastName: string;
  readonly company: string;
  readonly place: (typeof words.CITIES)[number];
  readonly domain: string;
}

export function drawPersona(random: Random): Persona {
  return {
    firstName: pick(random, words.FIRST_NAMES),
    lastName: pick(random, words.LAST_NAMES),
    company: `${pick(random, words.COMPANY_STEMS).replace('-', ' ')} ${pick(random, words.COMPANY_KINDS)}`,
    place: pick(random, words.CITIES),
    domain: pick(random, words.DOMAINS),
  };
}

type Make = (random: Random, persona: Persona) => string;

const plain = (text: string) =>
  text
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase() || 'office';

const phone: Make = (random, { place }) => `${place.dial} ${between(random, 200, 999)}-01${between(random, 10, 99)}`;

/** What texts hold, by the name of their attribute; the first that fits. */
const BY_NAME: readonly (readonly [RegExp, Make])[] = [
  [/^(yomi)?firstname$|nickname$/, (_, { firstName }) => firstName],
  [/^(yomi)?lastname$/, (_, { lastName }) => lastName],
  [/middlename$/, (random) => pick(random, words.FIRST_NAMES)],
  [
    /(assistant|manager|spouses|primarycontact)name$/,
    (random) => `${pick(random, words.FIRST_NAMES)} ${pick(random, words.LAST_NAMES)}`,
  ],
  [
    /email/,
    (random, { firstName, lastName, domain }) =>
      `${plain(firstName)}.${plain(lastName)}${between(random, 1, 99)}@${domain}`,
  ],
  [/phone|telephone|fax|pager|callback/, phone],
  [/website|url$/, (_, { company, domain }) => `https://${plain(company)}.${domain}/?q=a%20b&l=de`],
  [/companyname$/, (_, { company }) => company],
  [/_line1$|street/, (random) => `${pick(random, words.STREETS)} ${between(random, 1, 250)}`],
  [/_city$|^city$/, (_, { place }) => place.city],
  [/stateorprovince|_county$/, (_, { place }) => place.state],
  [/_country$|^country$/, (_, { place }) => place.country],
  [/postalcode/, (_, { place }) => place.zip],
  [/jobtitle|^title$|department/, (random) => pick(random, words.JOB_TITLES)],
  [/subject|topic/, (random) => pick(random, words.SUBJECTS)],
  [/tickersymbol/, (_, { company }) => company.slice(0, 4).toUpperCase()],
  [/domainname/, (_, { firstName, lastName, domain }) => `${plain(firstName)}.${plain(lastName)}@${domain}`],
  [/number|code$|sic/, (random) => `${pick(random, ['A', 'B', 'ÄÖ'])}-${between(random, 10_000, 99_999)}`],
  [/name$/, (_, { company }) => company],
];

const memo: Make = (random) =>
  Array.from({ length: between(random, 1, 4) }, () => pick(random, words.SENTENCES)).join(random() < 0.5 ? ' ' : '\n');

const SECONDS_PER_DAY = 86_400;
const DAYS_PER_YEAR = 365;

/** A realistic value for an attribute that is no lookup; null for those that get none. */
export function drawValue(attribute: AttributeDefinition, persona: Persona, random: Random, nowSeconds: number): Cell {
  const { type, logicalName, options } = attribute;
  if (isChoice(attribute)) return options && options.length > 0 ? pick(random, options).value : null;
  switch (type) {
    case 'StringType':
    case 'MemoType':
      return drawText(attribute, persona, random);
    case 'BooleanType':
      return random() < 0.3;
    case 'MultiSelectPicklistType':
      return drawSeveral(attribute, random);
    case 'IntegerType':
      return between(random, ...range(attribute, 0, logicalName.includes('probability') ? 100 : 5000));
    case 'BigIntType':
      return String(BigInt(Math.floor(random() * 2 ** 53)) * 1021n + 7n);
    case 'DoubleType':
      return Number(drawNumber(attribute, random, attribute.precision ?? 2));
    case 'DecimalType':
    case 'MoneyType':
      return drawNumber(attribute, random, attribute.precision ?? 2);
    case 'DateTimeType':
      return drawDate(attribute, random, nowSeconds);
    case 'UniqueidentifierType':
      return seededIds(random)();
    case 'ImageType':
      return Buffer.from(`image ${random()}`).toString('base64');
    case 'FileType':
      return seededIds(random)();
    case 'EntityNameType':
      return 'account';
    default:
      return null;
  }
}

function drawText(attribute: AttributeDefinition, persona: Persona, random: Random): string {
  const { type, logicalName, maxLength = 100 } = attribute;
  const rule = BY_NAME.find(([pattern]) => pattern.test(logicalName));
  const make = type === 'MemoType' || maxLength > 1000 ? memo : (rule?.[1] ?? memo);
  return cut(make(random, persona), maxLength);
}

/** No longer than the attribute takes, and no character torn apart. */
function cut(text: string, length: number): string {
  const short = text.slice(0, length);
  return /[\ud800-\udbff]$/.test(short) ? short.slice(0, -1) : short;
}

function drawSeveral({ options = [] }: AttributeDefinition, random: Random): string | null {
  const chosen = options.filter(() => random() < 0.4).map(({ value }) => value);
  return chosen.length === 0 ? null : chosen.sort((a, b) => a - b).join(',');
}

function range({ minValue, maxValue }: AttributeDefinition, low: number, high: number): [number, number] {
  const from = Math.max(low, Number(minValue ?? low));
  return [from, Math.max(from, Math.min(high, Number(maxValue ?? high)))];
}

const NUMBER_MAX = 250_000;

function drawNumber(attribute: AttributeDefinition, random: Random, scale: number): string {
  const [from, to] = range(attribute, 0, NUMBER_MAX);
  const whole = between(random, Math.ceil(from), Math.max(Math.ceil(from), Math.floor(to) - 1));
  const fraction = Math.floor(random() * 10 ** Math.min(scale, 9));
  return scale === 0 ? String(whole) : `${whole}.${String(fraction).padStart(Math.min(scale, 9), '0')}`;
}

function drawDate(
  { logicalName, dateTimeBehavior, format }: AttributeDefinition,
  random: Random,
  nowSeconds: number,
): number {
  const isBirth = /birth|anniversary/.test(logicalName);
  const years = isBirth ? between(random, 18, 90) : between(random, 0, 5);
  const ahead = /scheduled|estimated|due|end$/.test(logicalName) ? 120 : 0;
  const days = years * DAYS_PER_YEAR + between(random, 0, DAYS_PER_YEAR) - ahead;
  const at = nowSeconds - days * SECONDS_PER_DAY - between(random, 0, SECONDS_PER_DAY - 1);
  return dateTimeBehavior === 'DateOnly' || format === 'DateOnly'
    ? Math.floor(at / SECONDS_PER_DAY) * SECONDS_PER_DAY
    : at;
}
