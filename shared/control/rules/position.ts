import type { Counters } from '../../destination/model.ts';

const NO_COUNTERS: Counters = { read: 0, applied: 0, replaced: 0, retrying: 0, failed: 0, regressed: 0 };

/** A subscription that stands nowhere yet: no page has this name, so applying finds the chain broken. */
export const NOWHERE = {
  page: '',
  number: 0,
  counters: NO_COUNTERS,
  shape: null,
  snapshotId: null,
  lastExportAt: null,
  lagMs: null,
  pace: null,
  paused: false,
} as const;
