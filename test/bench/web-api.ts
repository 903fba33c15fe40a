import type { Attribute, AttributeType } from '../../shared/dataverse/metadata.ts';
import { parseExact } from '../../shared/dataverse/web-api/exact-json.ts';
import { readPage } from '../../shared/dataverse/web-api/page.ts';
import { FORMATTED_VALUE, LOOKUP_ENTITY, rowShape } from '../../shared/dataverse/web-api/rows.ts';
import { attribute, entityMetadata } from '../unit/dataverse/entity.ts';
import { type Figures, round } from './figures.ts';
import type { Part } from './part.ts';
import { idOfRow as id } from './rows.ts';

const RUNS = 7;
const ROWS = 5_000;
const COLUMNS = 150;

/** How fast answers of the Web API become pages, by stage; `reviver` is the other way of keeping long numbers. */
export const webApi: Part = {
  names: ['webApi'],
  onRequest: true,
  async run(figures) {
    const json = JSON.stringify({ value: Array.from({ length: ROWS }, (_, row) => rowOf(row)) });
    const shape = rowShape(entity);
    const body = best(figures, 'jsonParse', () => JSON.parse(json));
    best(figures, 'parseExact', () => parseExact(json));
    best(figures, 'reviver', () => parseByReviver(json));
    best(figures, 'cells', () => readPage(body, shape));
    best(figures, 'altogether', () => readPage(parseExact(json), shape));
  },
};

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

function best<T>(figures: Figures, name: string, work: () => T): T {
  let result = work();
  let ms = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run += 1) {
    const startedAt = performance.now();
    result = work();
    ms = Math.min(ms, performance.now() - startedAt);
  }
  figures.report(`webApi.${name}`, { rowsPerSecond: Math.round(ROWS / (ms / 1000)), ms: round(ms) });
  return result;
}

/** The standard's way: look at each number's source text. TypeScript does not know the third argument yet. */
function parseByReviver(json: string): unknown {
  const revive = (_: string, value: unknown, ...[context]: { source?: string }[]): unknown =>
    typeof value === 'number' && (context?.source?.length ?? 0) > 15 ? context?.source : value;
  return JSON.parse(json, revive as (key: string, value: unknown) => unknown);
}
