import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Page } from '../../../shared/control/model.ts';
import { MERGE_MAX_BYTES, MERGE_MAX_ENTRIES, mergePages, pagesOfMerge } from '../../../shared/export/apply/merge.ts';

const ME = 'me';

function chain(facts: readonly Partial<Page>[]): Page[] {
  return facts.map((fact, index) => ({
    id: `p${index + 1}`,
    previous: index === 0 ? 'start' : `p${index}`,
    number: index + 1,
    shape: 'a',
    audience: null,
    snapshotId: null,
    begins: false,
    ends: false,
    notifiedAt: null,
    readAt: 0,
    entries: 1,
    bytes: 10,
    body: { text: '' },
    ...fact,
  }));
}

const ids = (pages: readonly Page[]) => pages.map(({ id }) => id);

describe('the pages of one merge', () => {
  it('are at least one, however large it is', () => {
    expect(ids(pagesOfMerge(chain([{ entries: 9 * MERGE_MAX_ENTRIES, bytes: 9 * MERGE_MAX_BYTES }, {}]), ME))).toEqual([
      'p1',
    ]);
  });

  it('hold no more entries and bytes than one transaction may', () => {
    expect(ids(pagesOfMerge(chain([{ entries: 3000 }, { entries: 2000 }, { entries: 1 }]), ME))).toEqual(['p1', 'p2']);
    expect(ids(pagesOfMerge(chain([{ bytes: MERGE_MAX_BYTES - 5 }, { bytes: 6 }]), ME))).toEqual(['p1']);
  });

  it('may be limited to fewer entries, with empty pages counting as well', () => {
    expect(ids(pagesOfMerge(chain([{ entries: 4 }, { entries: 4 }, { entries: 4 }]), ME, 8))).toEqual(['p1', 'p2']);
    expect(ids(pagesOfMerge(chain([{ entries: 0 }, { entries: 0 }, { entries: 0 }]), ME, 2))).toEqual(['p1', 'p2']);
    expect(ids(pagesOfMerge(chain([{ entries: 4 }, {}]), ME, 1))).toEqual(['p1']);
  });

  it('pass by those addressed to another profile, whatever their size', () => {
    const other = { audience: 'other', entries: MERGE_MAX_ENTRIES, bytes: MERGE_MAX_BYTES };
    expect(ids(pagesOfMerge(chain([{}, other, other, {}]), ME))).toEqual(['p1', 'p2', 'p3', 'p4']);
  });

  it('stop before a page that begins a snapshot, which may only be the first', () => {
    expect(ids(pagesOfMerge(chain([{ begins: true }, {}, { begins: true }]), ME))).toEqual(['p1', 'p2']);
  });

  it('stop before a page that was read under another shape', () => {
    expect(ids(pagesOfMerge(chain([{}, { shape: 'b' }, {}]), ME))).toEqual(['p1']);
  });

  it('stop before a page that does not name the page before it', () => {
    expect(ids(pagesOfMerge(chain([{}, { previous: 'another' }]), ME))).toEqual(['p1']);
  });
});

describe('a merge', () => {
  const page = (fact: Partial<Page>, rows: [string, string][], deletions: string[] = []) => ({
    page: chain([fact])[0] as Page,
    content: { rows, deletions },
  });

  it('keeps the last entry of an id, be it a row or a deletion', () => {
    const merged = mergePages([
      page({}, [
        ['a', '1'],
        ['b', '1'],
      ]),
      page({}, [['a', '2']], ['b']),
      page({}, [['c', '1']]),
    ]);
    expect(new Map(merged.entries.map(({ id, row }) => [id, row]))).toEqual(
      new Map([
        ['a', ['a', '2']],
        ['b', null],
        ['c', ['c', '1']],
      ]),
    );
    expect(merged.read).toBe(5);
  });

  it('tells which snapshots begin and end in it', () => {
    const merged = mergePages([
      page({ audience: ME, snapshotId: 's', begins: true }, []),
      page({ snapshotId: 't', ends: true }, []),
    ]);
    expect(merged).toMatchObject({ begins: ['s'], ends: ['t'] });
  });

  it('equals applying the pages one by one', () => {
    const entry = fc.record({ id: fc.constantFrom('a', 'b', 'c'), value: fc.option(fc.string()) });
    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 4 }), { maxLength: 6 }), (reads) => {
        const contents = reads.map((read) => {
          const last = new Map(read.map(({ id, value }) => [id, value]));
          return {
            rows: [...last].filter(([, value]) => value !== null) as [string, string][],
            deletions: [...last].filter(([, value]) => value === null).map(([id]) => id),
          };
        });
        const oneByOne = new Map<string, string>();
        for (const { rows, deletions } of contents) {
          for (const [id, value] of rows) oneByOne.set(id, value);
          for (const id of deletions) oneByOne.delete(id);
        }
        const merged = mergePages(contents.map(({ rows, deletions }) => page({}, rows, deletions)));
        const left = new Map(merged.entries.flatMap(({ id, row }) => (row ? [[id, row[1]] as const] : [])));
        expect(left).toEqual(oneByOne);
      }),
    );
  });
});
