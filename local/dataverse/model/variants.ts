import type { Random } from './random.ts';

/** What nobody documents, or what differs between organizations (reference: dataverse.md, 4.2). */
export interface Variants {
  /** The moment that the token of a read of many pages stands for. */
  readonly tokenMoment: 'start' | 'end';
  /** A row deleted and created anew: listed as row and as deletion, perhaps on different pages, or only as row. */
  readonly recreated: 'both' | 'row';
  /** Whether a change of a table's metadata expires its tokens (observed in one organization). */
  readonly metadataExpiresTokens: boolean;
  /** A token of the future, after a restore to an earlier state: refused as expired, or taken and silent until it is passed. */
  readonly tokenAhead: 'refuse' | 'accept';
  /** Whether a token may be used under another `$select` than the one it was read under. */
  readonly tokenColumns: 'any' | 'same';
}

export const DEFAULT_VARIANTS: Variants = {
  tokenMoment: 'end',
  recreated: 'both',
  metadataExpiresTokens: true,
  tokenAhead: 'refuse',
  tokenColumns: 'any',
};

export function drawVariants(random: Random): Variants {
  return {
    tokenMoment: random() < 0.5 ? 'start' : 'end',
    recreated: random() < 0.5 ? 'both' : 'row',
    metadataExpiresTokens: random() < 0.5,
    tokenAhead: random() < 0.5 ? 'refuse' : 'accept',
    tokenColumns: random() < 0.8 ? 'any' : 'same',
  };
}
