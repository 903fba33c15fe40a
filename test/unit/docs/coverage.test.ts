import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** What a page says of each sentence: the last cell of a row. */
const claimsOf = (page: string): string[] =>
  [...page.matchAll(/^\| [\d–, ]+ \| .+ \| (.+) \|$/gm)].map(([, claim = '']) => claim);

/** Files of this repository, each with the rules that are quoted behind it. */
const namedIn = (claims: readonly string[]) =>
  claims.flatMap((claim) =>
    claim.split(/(?=`[a-z]+\/)/).flatMap((part) => {
      const file = /^`([a-z]+\/[^`]+)`/.exec(part)?.[1];
      return file === undefined ? [] : [{ file, rules: [...part.matchAll(/“([^”]+)”/g)].map(([, rule = '']) => rule) }];
    }),
  );

/** At least so many of each: a page whose rows were not recognised would claim nothing, and pass. */
const PAGES = [
  { page: 'docs/data-export-coverage.md', atLeast: { claims: 100, files: 50, rules: 150, later: 10 } },
  { page: 'docs/database-refresh-coverage.md', atLeast: { claims: 60, files: 15, rules: 80, later: 8 } },
];

describe.each(PAGES)('$page, which says where each sentence of the original is shown,', ({ page, atLeast }) => {
  const claims = claimsOf(read(page));
  const named = namedIn(claims);

  it('names no file that is not there', () => {
    const files = [...new Set(named.map(({ file }) => file))];
    expect(files.length).toBeGreaterThan(atLeast.files);
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it('names no rule that its file does not have', () => {
    const rules = named.flatMap(({ file, rules }) => rules.map((rule) => ({ file, rule })));
    expect(rules.length).toBeGreaterThan(atLeast.rules);
    expect(rules.filter(({ file, rule }) => !read(file).includes(rule))).toEqual([]);
  });

  it('names for every sentence a test, a page of a deployment, or the reason why there is none', () => {
    expect(claims.length).toBeGreaterThan(atLeast.claims);
    const without = claims.filter((claim) => !/`test\/|deployment: `docs\/|^no requirement/.test(claim));
    expect(without).toEqual([]);
  });

  it('names for every page that comes later the test of its call', () => {
    const later = claims.filter((claim) => claim.startsWith('page: later issue'));
    expect(later.length).toBeGreaterThan(atLeast.later);
    expect(later.filter((claim) => !claim.includes('`test/'))).toEqual([]);
  });
});
