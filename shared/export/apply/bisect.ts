import { FreshetError } from '../../errors/error.ts';

/** Why something is refused. */
export interface Refusal {
  readonly code: string;
  /** Alike where the reason is one and the same: the database's number for it, or the rule of a column. */
  readonly cause: string;
  /** The database's own words, which may quote the record. */
  readonly reason: string;
  /** The same for logs and answers. */
  readonly text: string;
}

export interface Refused<T> extends Refusal {
  readonly item: T;
}

/** So many refused alike, and none accepted, is the destination's fault and not the records'. */
const SYSTEMIC_MIN_ITEMS = 20;
/** Further items, evenly spread, that are tried before that is believed: all of a small batch. */
const SYSTEMIC_SAMPLE = 100;

/**
 * Finds the items that make `attempt` fail, by halves. `attempt` changes nothing: it answers null when all of its items are
 * accepted, else why not. `items` as a whole is known to fail. Rejects with DESTINATION_REFUSES_ALL when it is systemic, unless
 * the items are bad by selection, as retries are.
 */
export async function findRefused<T>(
  items: readonly T[],
  attempt: (items: readonly T[]) => Promise<Refusal | null>,
  { systemic = true } = {},
): Promise<Refused<T>[]> {
  const refused: Refused<T>[] = [];
  let accepted = false;

  async function search(part: readonly T[]): Promise<void> {
    const failure = await attempt(part);
    const [item] = part;
    if (failure === null) {
      accepted = true;
    } else if (item !== undefined && part.length === 1) {
      refused.push({ item, ...failure });
      if (systemic && !accepted && refused.length === SYSTEMIC_MIN_ITEMS) await refuseIfSystemic();
    } else {
      await searchHalves(part);
    }
  }

  async function searchHalves(part: readonly T[]): Promise<void> {
    const middle = Math.ceil(part.length / 2);
    await search(part.slice(0, middle));
    await search(part.slice(middle));
  }

  async function refuseIfSystemic(): Promise<void> {
    const first = refused[0];
    if (!first || !isAlike(refused)) return;
    for (const item of spread(items.slice(refused.length), SYSTEMIC_SAMPLE)) {
      const failure = await attempt([item]);
      if (failure?.cause !== first.cause) return;
    }
    throw refusesAll(first);
  }

  await (items.length > 1 ? searchHalves(items) : search(items));
  return refused;
}

/** What the rule says where each item's refusal is known: many of them, all, and for one and the same reason. */
export function isSystemic<T>(refused: readonly Refused<T>[], items: readonly T[]): boolean {
  return refused.length >= SYSTEMIC_MIN_ITEMS && refused.length === items.length && isAlike(refused);
}

function isAlike([first, ...others]: readonly Refusal[]): boolean {
  return others.every(({ cause }) => cause === first?.cause);
}

export function refusesAll({ text, reason }: Refusal): FreshetError {
  return new FreshetError('DESTINATION_REFUSES_ALL', { text }, undefined, reason);
}

/** From the last to the first: what is refused stands at the front already. */
function spread<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, items.length / count);
  const picked = Array.from(
    { length: Math.min(count, items.length) },
    (_, k) => items.length - 1 - Math.floor(k * step),
  );
  return picked.flatMap((index) => items.slice(index, index + 1));
}
