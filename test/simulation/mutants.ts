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
  {
    name: 'stale-retry-settled',
    breaks: 'a retry is settled only as it was when it was tried: a newer entry may have taken its place',
    file: 'shared/destination/accounting.ts',
    from: 'return found && found.blob === entry.blob && found.attempts === entry.attempts ? [found] : [];',
    to: 'return found ? [found] : [];',
  },
  {
    name: 'failed-not-closed',
    breaks: 'a newer entry of its id replaces a failed record, too',
    file: 'shared/destination/memory/transaction.ts',
    from: 'if (!retry) return;',
    to: 'if (!retry || retry.failedAt !== null) return;',
  },
  {
    name: 'failed-not-told',
    breaks: 'every failed record has its JSON and its line',
    file: 'shared/export/apply/round.ts',
    from: 'await logFailedRecords(turn);',
    to: '',
  },
  {
    name: 'revived-not-failed',
    breaks: 'failed records that are tried again count as failed until they are written',
    file: 'shared/destination/memory/destination.ts',
    from: '{ ...retry, attempts: 0, dueAt: now }',
    to: '{ ...retry, attempts: 0, dueAt: now, failedAt: null }',
  },
  {
    name: 'whole-without-compare',
    breaks: 'a page of a snapshot or refresh is appended only while the cursor it began under stands',
    file: 'shared/control/memory/feeds.ts',
    from: `      change(memory, append, append.owner, (row, bell) => {
        const snapshot = row.snapshots.find(({ id }) => id === append.snapshot?.id) ?? null;
        const appended = appendTo({ feed: row.feed, reading: row.reading, bell, snapshot }, append);`,
    to: `      const whole = append.snapshot !== undefined;
      const owner = whole ? ((memory.state.bells.get(feedBell(append))?.owner ?? null) as string) : append.owner;
      change(memory, append, owner, (row, bell) => {
        const snapshot = row.snapshots.find(({ id }) => id === append.snapshot?.id) ?? null;
        const expected = whole ? row.feed : append.expected;
        const appended = appendTo({ feed: row.feed, reading: row.reading, bell, snapshot }, { ...append, expected });`,
  },
  {
    name: 'whole-removes-newer',
    breaks: 'the end of a snapshot removes no row that was written since its begin',
    file: 'shared/destination/memory/transaction.ts',
    from: 'filter(({ modifiedOn }) => modifiedOn < begun)',
    to: 'filter(({ modifiedOn }) => modifiedOn < stamp)',
  },
  {
    name: 'same-row-unstamped',
    breaks: 'a row that says the same already is stamped all the same while a snapshot fills the table',
    file: 'shared/destination/accounting.ts',
    from: 'return begins.length > 0 || Object.keys(begun).length > 0;',
    to: 'return false;',
  },
  {
    name: 'derived-not-refreshed',
    breaks: 'entities with values that change without a version are refreshed by schedule',
    file: 'shared/export/whole-reads.ts',
    from: 'derivedAttributes(entity).length > 0',
    to: 'entity === null',
  },
  {
    name: 'untracked-not-read',
    breaks: 'entities whose changes cannot be read are read as a whole by schedule',
    file: 'shared/export/whole-reads.ts',
    from: 'if (!entity.changeTracking) return wholeReadMs;',
    to: '',
  },
  {
    name: 'old-values-lost',
    breaks: 'a column of another type is set aside with its values',
    file: 'shared/destination/memory/destination.ts',
    from: 'if (wider === null) setAside(table, key);',
    to: '',
  },
  {
    name: 'older-definition-back',
    breaks: 'a worker that was overtaken brings no older definition back',
    file: 'shared/destination/memory/destination.ts',
    from: 'if (at === undefined) return;',
    to: "if (at !== '') return;",
  },
  {
    name: 'made-anew-not-read',
    breaks: 'an attribute made anew, be it with the same type, gets a snapshot for all',
    file: 'shared/dataverse/shape.ts',
    from: 'anew.has(column.attribute) || ',
    to: '',
  },
  {
    name: 'paused-goes-on',
    breaks: 'nothing is written to the table of a paused entity',
    file: 'shared/export/apply/turn.ts',
    from: 'filter(({ paused }) => paused)',
    to: 'filter(() => false)',
  },
  {
    name: 'removed-goes-on',
    breaks: 'an entity that a profile does not name any more leaves its feed',
    file: 'shared/export/profiles/leaving.ts',
    from: 'if (named.has(entity)) continue;',
    to: 'if (named !== null) continue;',
  },
  {
    name: 'old-position-kept',
    breaks: 'a position from before an entity was removed and added again means nothing',
    file: 'shared/export/apply/round.ts',
    from: 'return page !== NOWHERE || snapshotId !== null;',
    to: 'return page !== null;',
  },
  {
    name: 'replacement-unseen',
    breaks: 'an activation looks again whether the profile was replaced meanwhile',
    file: 'shared/export/profiles/activation.ts',
    from: 'if (names === joined) return names;',
    to: 'if (joined !== null) return names;',
  },
  {
    name: 'owed-is-different',
    breaks: 'what a full read for all is still to bring is no difference',
    file: 'shared/export/reconcile/look-again.ts',
    from: 'if (!(await holds(async () => !(await isOwed())))) return false;',
    to: '',
  },
  {
    name: 'under-way-is-different',
    breaks: 'what is under way while both sides are compared is no difference',
    file: 'shared/export/reconcile/look-again.ts',
    from: 'const rested = since <= rungAt && ports.clock.now() - since >= SETTLE_MS;',
    to: 'const rested = since !== null;',
  },
  {
    name: 'heal-beside-feed',
    breaks:
      'what differs is healed through the feed: rows that are written as they were read by id may be older than the position',
    file: 'shared/export/reconcile/reconcile.ts',
    from: "  await queueResync(ports, profile.id, feed, 'a reconciliation found differences');",
    to: `  await ports.destinations.visit(profile, async (destination) => {
    const { exportColumns } = await import('../../dataverse/columns.ts');
    const definition = await ports.control.feeds.metadata(feed);
    if (!definition) return;
    const ids = (found?.confirmed.listed ?? []).map(({ id }) => id);
    const rows = await ports.sourceOf(feed.organizationId).readByIds(definition, ids);
    const to = (await destination.positions())?.find((one) => one.entity === feed.entity);
    if (!to) return;
    const deletions = ids.filter((id) => !rows.some(([own]) => own === id));
    const marks = { refused: [], begins: [], ends: [], deleteLog: false, now: ports.clock.now() };
    const read = rows.length + deletions.length;
    const columns = exportColumns(definition);
    await destination.apply({ entity: feed.entity, expected: to.page, to, columns, rows, deletions, read, ...marks });
  });`,
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
