import { FreshetError } from '../../errors/error.ts';

/** Why something is refused: our code, the database's number for the cause if it gave one, and its words. */
export interface Refusal {
  readonly code: string;
  readonly cause: string;
  readonly reason: string;
}

export interface Refused<T> extends Refusal {
  readonly item: T;
}

/** So many refused alike, and none accepted, is the destination's fault and not the records'. */
const SYSTEMIC_MIN_ITEMS = 20;
/** Further items, evenly spread, that are tried before that is believed. */
const SYSTEMIC_SAMPLE = 40;

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
    if (!first || refused.some(({ cause }) => cause !== first.cause)) return;
    for (const item of spread(items.slice(refused.length), SYSTEMIC_SAMPLE)) {
      const failure = await attempt([item]);
      if (failure?.cause !== first.cause) return;
    }
    throw new FreshetError('DESTINATION_REFUSES_ALL', { text: first.reason });
  }

  await (items.length > 1 ? searchHalves(items) : search(items));
  return refused;
}

function spread<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, index) => index % step === 0).slice(0, count);
}
