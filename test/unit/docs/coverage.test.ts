import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const page = read('docs/data-export-coverage.md');

/** What the page says of one sentence: the last cell of a row. */
const claims = [...page.matchAll(/^\| [\d–, ]+ \| .+ \| (.+) \|$/gm)].map(([, claim = '']) => claim);

/** Files of this repository, each with the rules that are quoted behind it. */
const named = claims.flatMap((claim) =>
  claim.split(/(?=`[a-z]+\/)/).flatMap((part) => {
    const file = /^`([a-z]+\/[^`]+)`/.exec(part)?.[1];
    return file === undefined ? [] : [{ file, rules: [...part.matchAll(/“([^”]+)”/g)].map(([, rule = '']) => rule) }];
  }),
);

describe('the page that says where each sentence of the original is shown', () => {
  it('names no file that is not there', () => {
    const files = [...new Set(named.map(({ file }) => file))];
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it('names no rule that its file does not have', () => {
    const rules = named.flatMap(({ file, rules }) => rules.map((rule) => ({ file, rule })));
    expect(rules.length).toBeGreaterThan(150);
    expect(rules.filter(({ file, rule }) => !read(file).includes(rule))).toEqual([]);
  });

  it('names for every sentence a test, a page of a deployment, or the reason why there is none', () => {
    expect(claims.length).toBeGreaterThan(100);
    const without = claims.filter((claim) => !/`test\/|deployment: `docs\/|^no requirement/.test(claim));
    expect(without).toEqual([]);
  });

  it('names for every page that comes later the test of its call', () => {
    const later = claims.filter((claim) => claim.startsWith('page: later issue'));
    expect(later.length).toBeGreaterThan(10);
    expect(later.filter((claim) => !claim.includes('`test/'))).toEqual([]);
  });
});
