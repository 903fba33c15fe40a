import type { Mutant } from './mutants.ts';

/** Rules of failed records, full reads, definitions, administration and reconciliation. */
export const UPKEEP_MUTANTS: readonly Mutant[] = [
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
    file: 'shared/destination/memory/retries.ts',
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
    from: 'modifiedOn < begun && !refused.has(id)',
    to: 'modifiedOn < stamp && !refused.has(id)',
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
    to: "if (at !== 'nowhere') return;",
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
    name: 'left-place-kept',
    breaks: 'the places of a profile that is no more become those of the one that adopts its tables',
    file: 'shared/export/profiles/activation.ts',
    from: 'if (taken) throw takenBy(taken);',
    to: 'if (known || taken) return;',
  },
  {
    name: 'left-retries-kept',
    breaks: 'retries and failed records end with the profile whose tables are taken over',
    file: 'shared/destination/memory/destination.ts',
    from: `        own.positions.set(entity, { ...held, ...nowhere });
        forgetRetries(own, entity);`,
    to: '        own.positions.set(entity, { ...held, ...nowhere });',
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
    from: `if (!pair || since > rungAt) continue;
    const rested = ports.clock.now() - since >= SETTLE_MS;`,
    to: `if (!pair) continue;
    const rested = since !== null;`,
  },
];
