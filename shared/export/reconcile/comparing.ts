import { type FeedKey, feedBell } from '../../control/model.ts';
import { type Cell, exportColumns } from '../../dataverse/columns.ts';
import type { Source } from '../../dataverse/port.ts';
import type { Destination } from '../../destination/port.ts';
import { ringBells } from '../bells.ts';
import type { ExportPorts } from '../ports.ts';
import { reserveRequest } from '../read/turn.ts';
import type { Comparison } from './comparison.ts';
import { type ComparableRow, heldRow, type RowForm, sourceRows } from './row-form.ts';
import type { Confirmed, Look, Phase } from './work.ts';

/** One entity while it is compared: what a step works with. What must last goes back into its `Progress`. */
export interface Comparing {
  readonly ports: ExportPorts;
  readonly profileId: string;
  readonly feed: FeedKey;
  readonly source: Source;
  readonly destination: Destination;
  readonly form: RowForm;
  readonly shape: string;
  readonly comparison: Comparison;
  /** When the step has to end, ms. */
  readonly end: number;
  phase: Phase;
  link: string | null;
  after: string | null;
  /** Whose ids are asked for: those that hold others than the rows showed. */
  ranges: readonly number[];
  look: Look | null;
  confirmed: Confirmed;
  unsettled: number;
}

/** What a step wants next. */
export type Next = 'go on' | 'done' | { readonly afterMs: number };

/** Ids asked of both sides at once: as many as one address holds. */
export const IDS_AT_ONCE = 250;

/** Both sides of a record now. The organization is asked first, so what is alike then is alike for good. */
export interface Pair {
  readonly source: ComparableRow | null;
  readonly held: ComparableRow | null;
}

export async function pairsOf(comparing: Comparing, ids: readonly string[]): Promise<Map<string, Pair>> {
  const { source, form } = comparing;
  await slot(comparing);
  const { rows } = await source.readByIds(form.entity, ids);
  const names = exportColumns(form.entity).map(({ name }) => name);
  return pairsWith(comparing, ids, names, rows);
}

/** The pairs of these ids, whose rows of the organization are known already. */
export async function pairsWith(
  { destination, form }: Comparing,
  ids: readonly string[],
  names: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<Map<string, Pair>> {
  const sources = new Map(sourceRows(form, destination, names, rows).map((row) => [row.id, row]));
  const held = await destination.heldRows(form.entity.logicalName, form.columns, { ids });
  const helds = new Map(held.map(heldRow).map((row) => [row.id, row]));
  return new Map(ids.map((id) => [id, { source: sources.get(id) ?? null, held: helds.get(id) ?? null }]));
}

export function noteAll({ comparison, ports }: Comparing, pairs: ReadonlyMap<string, Pair>): void {
  for (const [id, { source, held }] of pairs)
    comparison.put(id, source?.text ?? null, held?.text ?? null, ports.clock.now());
}

/** Waits until a request to the organization may be made: its limits are those of all that read it. */
export async function slot({ ports, source, feed }: Pick<Comparing, 'ports' | 'source' | 'feed'>): Promise<void> {
  const waitMs = await reserveRequest(ports, feed.organizationId, source);
  if (waitMs > 0) await ports.clock.sleep(waitMs);
}

/** Asks for a read of the feed; the count of its rings tells when that is done. */
export async function ring({ ports, feed }: Comparing): Promise<number> {
  const key = feedBell(feed);
  await ringBells(ports, [{ key }]);
  return (await ports.control.bells.rings(key))?.rung ?? 0;
}
