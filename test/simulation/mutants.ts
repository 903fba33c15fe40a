import { readFileSync } from 'node:fs';

/** One rule of the product switched off, by replacing text that must occur exactly once in its file. */
export interface Mutant {
  readonly name: string;
  /** The rule that no longer holds. */
  readonly breaks: string;
  /** Relative to the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'append-without-compare',
    breaks: 'a page is appended only if owner, head and cursor are those its read began with',
    file: 'shared/control/memory/feeds.ts',
    from: `      change(memory, append, append.owner, (row, bell) => {
        const snapshot = row.snapshots.find(({ id }) => id === append.snapshot?.id) ?? null;
        const appended = appendTo({ feed: row.feed, reading: row.reading, bell, snapshot }, append);`,
    to: `      const owner = (memory.state.bells.get(feedBell(append))?.owner ?? null) as string;
      change(memory, append, owner, (row, bell) => {
        const snapshot = row.snapshots.find(({ id }) => id === append.snapshot?.id) ?? null;
        const appended = appendTo({ feed: row.feed, reading: row.reading, bell, snapshot }, { ...append, expected: row.feed });`,
  },
  {
    name: 'metadata-not-compared',
    breaks: 'changes read under another metadata version than the feed knows wait for the new definition',
    file: 'shared/export/read/changes.ts',
    from: 'page.metadataVersion !== null && page.metadataVersion !== feed.metadataVersion',
    to: 'page === null',
  },
  {
    name: 'position-outside',
    breaks: 'the position moves in the transaction of the rows',
    file: 'shared/destination/memory/transaction.ts',
    from: 'const stamp = nextStamp(batch.now, held.stamp);',
    to: `const stamp = nextStamp(batch.now, held.stamp);
    this.#own.positions.set(entity, { ...held, ...batch.to, stamp });`,
  },
  {
    name: 'position-by-halves',
    breaks: 'bisecting only searches: no half is committed by itself',
    file: 'shared/export/apply/apply-merge.ts',
    from: "refused: [], begins: [], ends: [] }, 'trial');",
    to: 'refused: [], begins: [], ends: [] });',
  },
  {
    name: 'late-first-cursor',
    breaks: 'the first cursor is taken before a snapshot begins',
    file: 'shared/export/read/read-feed.ts',
    from: 'if (token === null) return readKeys(turn, feed);',
    to: `if (token === null) {
    const early = await openSnapshot(turn);
    if (early === null || !('id' in early)) return readKeys(turn, feed);
    turn.reading = 'snapshot';
    return readSnapshot(turn, feed, early, bellWaits);
  }`,
  },
  {
    name: 'retry-not-replaced',
    breaks: 'any later entry of its id replaces a retry',
    file: 'shared/destination/memory/transaction.ts',
    from: 'for (const id of ids) this.#dropRetry(entity, id, removed);',
    to: '',
  },
  {
    name: 'unseen-kept',
    breaks: 'the end of a snapshot removes the rows that it has not seen',
    file: 'shared/destination/memory/transaction.ts',
    from: 'for (const { id } of unseen) this.#deleteRow(batch.entity, id, batch.deleteLog ? stamp : null);',
    to: '',
  },
  {
    name: 'deletions-not-asked',
    breaks: 'ids listed both ways, and deletions of a read of several pages, are asked by id',
    file: 'shared/export/read/both-ways.ts',
    from: 'if (doubts.length === 0) return',
    to: 'if (doubts.length >= 0) return',
  },
  {
    name: 'read-past-forgotten',
    breaks: 'behind rows that were read otherwise, all deletions are asked by id',
    file: 'shared/export/read/read-past.ts',
    from: 'return past !== null && later(past, reached) !== reached ? past : null;',
    to: 'return null;',
  },
  {
    name: 'chain-not-checked',
    breaks: 'only the page that names the page of the position may follow it',
    file: 'shared/export/apply/next-pages.ts',
    from: "if (pages[0]?.previous !== position.page) return 'broken';",
    to: 'if (pages[0] === undefined) return [];',
  },
  {
    name: 'pending-for-ever',
    breaks: 'a message that has been pending for too long counts as lost',
    file: 'shared/control/rules/bell.ts',
    from: 'return pendingAt !== null && pendingAt > now - PENDING_MAX_MS;',
    to: 'return pendingAt !== null;',
  },
  {
    name: 'early-acknowledge',
    breaks: 'the cursor moves with the page that it brought, never before',
    file: 'shared/export/read/changes.ts',
    from: `  const appended = await appendReading(turn, {
    began,`,
    to: `  await ports.control.feeds.update(key, turn.owner, { cursor: { ...moved, keysLink: null } });
  const appended = await appendReading(turn, {
    began: { ...began, ...moved, keysLink: null },`,
  },
  {
    name: 'breaker-counts',
    breaks: 'trouble of the destination uses up no attempt of a record',
    file: 'shared/export/apply/apply-merge.ts',
    from: "if (!isFreshetError(error, 'RECORD_REFUSED')) throw error;\n  return",
    to: "if (!isFreshetError(error, 'RECORD_REFUSED') && !isFreshetError(error, 'DESTINATION_UNAVAILABLE')) throw error;\n  return",
  },
  {
    name: 'bell-dropped',
    breaks: 'a lease is not given back while its bell has rung unheard',
    file: 'shared/control/memory/bells.ts',
    from: 'const rung = bell.rung > bell.seen;',
    to: 'const rung = false;',
  },
  {
    name: 'merge-across-begin',
    breaks: 'a merge ends before a page that begins a snapshot',
    file: 'shared/export/apply/merge.ts',
    from: 'page.begins || page.shape !== last.shape',
    to: 'page.shape !== last.shape',
  },
  {
    name: 'old-copy-unstamped',
    breaks: 'the old copy of a refused row is stamped, or the end of a snapshot would take it for unseen',
    file: 'shared/destination/memory/transaction.ts',
    from: 'if (row) this.#journal.set(rows, id, { ...row, modifiedOn: stamp });',
    to: '',
  },
  {
    name: 'attribute-without-snapshot',
    breaks: 'a new attribute gets a snapshot for all',
    file: 'shared/export/read/metadata.ts',
    from: 'if (needsFullRead(before, now)) await',
    to: 'if (before === null) await',
  },
];

export function mutantOf(name: string): Mutant {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (!mutant) throw new Error(`There is no mutant ${name}: ${MUTANTS.map((one) => one.name).join(', ')}.`);
  return mutant;
}

export function fileOf({ file }: Mutant): URL {
  return new URL(`../../${file}`, import.meta.url);
}

/** The mutant's file with the rule switched off. Throws when the text does not occur exactly once any more. */
export function mutated(mutant: Mutant): string {
  const [before, after, ...more] = readFileSync(fileOf(mutant), 'utf8').split(mutant.from);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(
      `The text of the mutant ${mutant.name} occurs ${more.length + (after === undefined ? 0 : 1)} times in ${mutant.file}.`,
    );
  return before + mutant.to + after;
}
