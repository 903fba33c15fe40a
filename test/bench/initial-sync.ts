import { type Pace, takeSlot, UNUSED } from '../../shared/control/rules/pace.ts';
import type { EntityMetadata } from '../../shared/dataverse/metadata.ts';
import type { ReadFrom } from '../../shared/dataverse/model.ts';
import { PAGE_KEYS, pageRows } from '../../shared/dataverse/shape.ts';
import { WebApiSource } from '../../shared/dataverse/web-api/source.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';
import { type Figures, type Limits, round, timed } from './figures.ts';
import { activeProfile, type Bench, complete, verify, withInstallation } from './installation.ts';
import type { Part } from './part.ts';
import { peakResidentMb } from './processes.ts';
import { definitionOf } from './tables.ts';

const SEED_AT_ONCE = 50_000;
const SYNC_WITHIN_MS = 1_800_000;
/** What a full page takes to come from the real source. */
const PAGE_MS = 1_000;

interface Size {
  readonly name: string;
  readonly entity: string;
  readonly rows: number;
  readonly rssMb: number;
}

const TABLE = 'fre_benchlarge';
const SIZES: readonly Size[] = [
  { name: 'initialSync', entity: TABLE, rows: 1_000_000, rssMb: 400 },
  { name: 'initialSync.wide', entity: 'account', rows: 100_000, rssMb: 600 },
];

/** The first filling of a table, beside reading the same pages under the same limits and dropping them. */
export const initialSync: Part = {
  names: ['initialSync', 'initialSync.wide'],
  async run(figures, chosen) {
    for (const size of SIZES) if (chosen(size.name)) await withInstallation((bench) => measure(bench, figures, size));
  },
};

async function measure(bench: Bench, figures: Figures, { name, entity, rows, rssMb }: Size): Promise<void> {
  const { organization } = bench;
  await organization.command('define', { definitions: [definitionOf(TABLE)] });
  for (let seeded = 0; seeded < rows; seeded += SEED_AT_ONCE) {
    figures.progress(name, seeded, rows, 'making rows');
    await organization.command('seed', { entity, rows: Math.min(SEED_AT_ONCE, rows - seeded) });
  }
  const note = (text: string) => figures.progress(`${name}, ${text}`, 0, null);
  // Before and after: no machine is as fast one minute as the next.
  note('reading alone');
  const readBeforeMs = await timed(() => readAll(bench, entity));
  note('synchronizing');
  const syncMs = await timed(() => synchronize(bench, entity, 'fast'));
  note('reading alone once more');
  const readMs = (readBeforeMs + (await timed(() => readAll(bench, entity)))) / 2;
  await verify(bench, [entity], 'fast');
  await organization.command('pageLatency', { ms: PAGE_MS });
  // Side by side, for each of them does little but wait for its next page.
  note('both at the real pace');
  const [pacedReadMs, pacedSyncMs] = await Promise.all([
    timed(() => readAll(bench, entity)),
    timed(() => synchronize(bench, entity, 'paced')),
  ]);
  await organization.command('pageLatency', { ms: 0 });
  await verify(bench, [entity], 'paced');
  const limits: Limits = { ratioToRead: '>= 0.5', ratioAtRealPace: '>= 0.95', rssMb: `<= ${rssMb}` };
  const values = {
    ratioToRead: round(readMs / syncMs),
    ratioAtRealPace: round(pacedReadMs / pacedSyncMs),
    rssMb: Math.round(peakResidentMb(bench.pid('functions'))),
    rowsPerSecond: Math.round(rows / (syncMs / 1000)),
    readRowsPerSecond: Math.round(rows / (readMs / 1000)),
  };
  figures.report(name, values, limits);
}

/** From the wish to the last row. The profile goes in the end, and the feed with it: the next one begins at the first cursor. */
async function synchronize(bench: Bench, entity: string, schema: string): Promise<void> {
  const profile = await activeProfile(bench, [entity], schema);
  await complete(bench, profile, SYNC_WITHIN_MS);
  await bench.client.remove(profile);
}

/** The first cursor's keys and then all rows, page after page, in slots as the product reserves them. */
async function readAll({ installation }: Bench, entityName: string): Promise<void> {
  const { dataverse, identity } = installation.addresses;
  const credential = endpointCredential({ url: `${identity}/token`, fetch: globalThis.fetch, clock: systemClock });
  const source = new WebApiSource({ url: dataverse, credential, clock: systemClock });
  const entity = await source.metadata(entityName);
  const slot = slots(source);
  await readPages(source, slot, entity, { kind: 'keys' }, PAGE_KEYS);
  await readPages(source, slot, entity, { kind: 'rows' }, pageRows(entity));
}

type Slot = () => Promise<void>;

function slots({ usage }: WebApiSource): Slot {
  let pace: Pace = UNUSED;
  return async () => {
    const taken = takeSlot(pace, usage.take(), systemClock.now());
    pace = taken.pace;
    usage.reserved();
    await systemClock.sleep(taken.waitMs);
  };
}

async function readPages(
  source: WebApiSource,
  slot: Slot,
  entity: EntityMetadata,
  first: ReadFrom,
  maxRows: number,
): Promise<void> {
  for (let from: ReadFrom | null = first; from !== null; ) {
    await slot();
    const page = await source.read(entity, from, maxRows);
    from = page.next === null ? null : { kind: 'next', link: page.next };
  }
}
