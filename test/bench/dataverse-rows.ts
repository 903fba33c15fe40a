/**
 * How fast answers of the Web API become pages: `node test/bench/dataverse-rows.ts [rows] [columns]`.
 * Prints the time of each stage; `reviver` is the other way of keeping long numbers, for comparison.
 */
import type { Attribute, AttributeType } from '../../shared/dataverse/metadata.ts';
import { parseExact } from '../../shared/dataverse/web-api/exact-json.ts';
import { readPage } from '../../shared/dataverse/web-api/page.ts';
import { FORMATTED_VALUE, LOOKUP_ENTITY, rowShape } from '../../shared/dataverse/web-api/rows.ts';
import { attribute, entityMetadata } from '../unit/dataverse/entity.ts';

const RUNS = 7;
const ROWS = Number(process.argv[2] ?? 5_000);
const COLUMNS = Number(process.argv[3] ?? 150);

/** The mixture of `account`, roughly. */
const MIXTURE: readonly [AttributeType, (row: number) => unknown][] = [
  ['StringType', (row) => `Contoso ${row} Trading`],
  ['StringType', () => null],
  ['PicklistType', (row) => row % 7],
  ['BooleanType', (row) => row % 2 === 0],
  ['LookupType', (row) => id(row + 1_000_000)],
  ['MoneyType', (row) => row * 1.25],
  ['DateTimeType', () => '2026-05-04T10:11:12Z'],
  ['BigIntType', (row) => 4_372_108 + row],
  ['StringType', () => 'a text of middling length, as descriptions are'],
  ['IntegerType', (row) => row],
];

function id(row: number): string {
  return `60c4e274-0d87-e711-80e5-${row.toString(16).padStart(12, '0')}`;
}

function typeOf(column: number): readonly [AttributeType, (row: number) => unknown] {
  return MIXTURE[column % MIXTURE.length] ?? ['StringType', () => null];
}

const attributes: Attribute[] = Array.from({ length: COLUMNS - 1 }, (_, column) =>
  attribute(`column${column}`, typeOf(column)[0], { targets: ['account', 'contact'] }),
);
const entity = entityMetadata('thing', [attribute('thingid', 'UniqueidentifierType'), ...attributes]);

function rowOf(row: number): Record<string, unknown> {
  const values: Record<string, unknown> = { '@odata.etag': `W/"${row}"`, thingid: id(row) };
  for (const [column, { logicalName, type }] of attributes.entries()) {
    const value = typeOf(column)[1](row);
    if (type !== 'LookupType') values[logicalName] = value;
    else {
      values[`_${logicalName}_value`] = value;
      values[`_${logicalName}_value@${LOOKUP_ENTITY}`] = 'contact';
      values[`_${logicalName}_value@${FORMATTED_VALUE}`] = 'Some Person';
    }
  }
  return values;
}

function best<T>(name: string, work: () => T): T {
  let result = work();
  let ms = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run += 1) {
    const startedAt = performance.now();
    result = work();
    ms = Math.min(ms, performance.now() - startedAt);
  }
  console.log(
    `${name.padEnd(12)} ${ms.toFixed(0).padStart(6)} ms ${Math.round(ROWS / (ms / 1000)).toLocaleString('en')} rows/s`,
  );
  return result;
}

/** The standard's way: look at each number's source text. TypeScript does not know the third argument yet. */
function parseByReviver(json: string): unknown {
  const revive = (_: string, value: unknown, ...[context]: { source?: string }[]): unknown =>
    typeof value === 'number' && (context?.source?.length ?? 0) > 15 ? context?.source : value;
  return JSON.parse(json, revive as (key: string, value: unknown) => unknown);
}

const json = JSON.stringify({ value: Array.from({ length: ROWS }, (_, row) => rowOf(row)) });
const shape = rowShape(entity);
console.log(`${ROWS} rows, ${shape.columns.length} columns, ${(json.length / 2 ** 20).toFixed(1)} MB of JSON`);
const body = best('JSON.parse', () => JSON.parse(json));
best('parseExact', () => parseExact(json));
best('reviver', () => parseByReviver(json));
best('cells', () => readPage(body, shape));
best('altogether', () => readPage(parseExact(json), shape));
