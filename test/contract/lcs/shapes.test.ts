import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  databaseList,
  environmentPage,
  environmentRow,
  FRAME,
  fetchStatus,
  historyPage,
  historyRow,
  lcsResult,
  VERSION_EOL,
} from '../../../functions/http/lcs/shapes.ts';

const FIXTURES = path.resolve(import.meta.dirname, '../../fixtures/lcs-api');

/** What the pages of the original print, and the shape that holds it here. */
const SHAPES: Readonly<Record<string, z.ZodObject>> = {
  'create-refresh': lcsResult,
  throttled: lcsResult,
  'fetch-status': fetchStatus,
  'list-backups': databaseList,
  'environment-metadata': environmentPage,
  'environment-history': historyPage,
};

const read = (name: string): unknown => JSON.parse(readFileSync(path.join(FIXTURES, `${name}.json`), 'utf8'));

describe.each(Object.entries(SHAPES))('the documented answer %s', (name, shape) => {
  it('is what the shape describes, and nothing more', () => {
    expect(shape.parse(read(name))).toEqual(read(name));
  });

  it('names each field of the shape, in the same order', () => {
    expect(Object.keys(shape.shape)).toEqual(Object.keys(read(name) as object));
  });

  it('carries the frame', () => {
    expect(read(name)).toMatchObject({ VersionEOL: VERSION_EOL, IsSuccess: name !== 'throttled' });
    expect(Object.keys(read(name) as object)).toEqual(expect.arrayContaining(Object.keys(FRAME)));
  });
});

it.each([
  ['environment-metadata', environmentRow],
  ['environment-history', historyRow],
])('each row of %s names each field of its shape', (name, row) => {
  const { Data } = read(name) as { Data: object[] };
  for (const one of Data) expect(Object.keys(one)).toEqual(Object.keys(row.shape));
});
