import type { Snapshot } from '../model.ts';

/** One that is to begin and addressed to all. */
export const mayWait = ({ audience, started }: Snapshot): boolean => audience === null && !started;

/** One that counts among those that others wait for. */
export const isUnderWay = ({ audience, started, endNumber }: Snapshot): boolean =>
  audience === null && started && endNumber === null;
