import type { Mutant } from './mutants.ts';

/** Rules of the bells, the log and what is applied from it. */
export const LOG_MUTANTS: readonly Mutant[] = [
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
    from: 'if (metadataVersion !== null && metadataVersion !== feed.metadataVersion) {',
    to: 'if (feed === null) {',
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
    if (early === null || !('snapshot' in early)) return readKeys(turn, feed);
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
    from: "return pages[0]?.previous === position.page ? pages : 'broken';",
    to: 'return pages;',
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
    from: "if (!isFreshetError(error, 'RECORD_REFUSED')) throw error;\n  const {",
    to: "if (!isFreshetError(error, 'RECORD_REFUSED') && !isFreshetError(error, 'DESTINATION_UNAVAILABLE')) throw error;\n  const {",
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
    name: 'old-copy-taken',
    breaks: 'the end of a snapshot spares the old copy of a row that was refused since its begin',
    file: 'shared/destination/memory/transaction.ts',
    from: 'modifiedOn < begun && !refused.has(id)',
    to: 'modifiedOn < begun',
  },
  {
    name: 'attribute-without-snapshot',
    breaks: 'a new attribute gets a snapshot for all',
    file: 'shared/export/read/metadata.ts',
    from: 'if (needsFullRead(before, now)) await',
    to: 'if (before === null) await',
  },
];
