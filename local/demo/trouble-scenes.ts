import { ContainerClient } from '@azure/storage-blob';
import type { Onlooker } from '../databases/onlooker.ts';
import { LagSampler } from './lags.ts';
import { type Target, type Troubles, throughout, within } from './play.ts';

const FOLLOWS_WITHIN_MS = 45_000;
/** Which of many are refused is found by halving: on a slow server some hundred transactions take a minute. */
const FOUND_WITHIN_MS = 180_000;
const OUTAGE_MS = 120_000;
/** The breaker looks each ten seconds whether the destination is back; then it catches up. */
const CATCH_UP_WITHIN_MS = 180_000;
const POISONED = 50;
const GOOD = 30;
const DELETED = 20;
/** What the second profile's changes may take while the first one's destination is away. */
const LAG_MAX_MS = 10_000;
const RECONCILED_WITHIN_MS = 120_000;

const SCORE = 'SELECT fre_score AS score FROM dbo.account WHERE id = $1';

/** An attribute that is added while everything runs becomes a column with its values, and the history says so. */
export async function addColumn({ client, organization, rows, first, second, seen }: Troubles): Promise<void> {
  console.log('\nA column is added while everything runs:');
  const attribute = { LogicalName: 'fre_score', SchemaName: 'fre_Score', AttributeTypeName: 'IntegerType' };
  await organization.command('addAttribute', { entity: 'account', attribute });
  const id = await rows.create('accounts', { name: 'Has a score', fre_score: 42 });
  // Until it stands, the question is refused.
  const scoreOf = async ({ onlooker }: Target) => {
    const [row] = await onlooker.query(SCORE, [id]).catch(() => []);
    return Number(row?.score) === 42;
  };
  for (const target of [first, second]) {
    const { held, after } = await within(FOLLOWS_WITHIN_MS, () => scoreOf(target));
    seen(`${target.name}: dbo.account has the column fre_score with its value after ${after}`, held);
  }
  const history = await client.schemaHistory(first.profileId);
  const told = history.some(
    ({ Type, Changes }) => Type === 'account' && Changes.some(({ Subject }) => Subject === 'fre_score'),
  );
  seen('the schema history tells of it', told);
}

const NAMED = 'SELECT count(*) AS number FROM dbo.account WHERE name LIKE $1';

/** Records that a rule of the database refuses fail alone; mended, a resync of failed records writes them. */
export async function poison({ client, rows, first, second, seen }: Troubles): Promise<void> {
  console.log(`\n${POISONED} records that a rule of the first database refuses, among ${GOOD} good ones:`);
  const failed = async () => (await client.status(first.profileId)).Status?.FailureNotifications ?? -1;
  const held = async ({ onlooker }: Target, name: string) =>
    Number((await onlooker.query(NAMED, [`${name} %`]))[0]?.number);
  await first.onlooker.run(`ALTER TABLE dbo.account ADD CONSTRAINT nopoison CHECK (name NOT LIKE 'Poison %')`);
  const makeAll = async (name: string, count: number) => {
    for (let number = 1; number <= count; number++) await rows.create('accounts', { name: `${name} ${number}` });
  };
  await Promise.all([makeAll('Poison', POISONED), makeAll('Good', GOOD)]);
  const failing = await within(FOUND_WITHIN_MS, async () => (await failed()) === POISONED);
  seen(`${POISONED} failed records are counted after ${failing.after}`, failing.held);
  seen(`all ${GOOD} good ones are there`, (await held(first, 'Good')) === GOOD);
  seen('the second database has all of them', (await held(second, 'Poison')) === POISONED);
  const line = await firstFailure(await client.failures(first.profileId));
  seen(`the failure log says why: “${line}”`, line.includes('nopoison'));
  await first.onlooker.run('ALTER TABLE dbo.account DROP CONSTRAINT nopoison');
  const { Records } = await client.resyncFailed(first.profileId);
  const mended = await within(FOLLOWS_WITHIN_MS, async () => (await failed()) === 0);
  seen(`the rule is gone, ${Records} records are tried again, 0 are failed after ${mended.after}`, mended.held);
  seen('and the rows are there', (await held(first, 'Poison')) === POISONED);
}

/** With the address alone that the API gives out, as a storage client does. */
async function firstFailure(address: string): Promise<string> {
  const container = new ContainerClient(address);
  for await (const { name } of container.listBlobsFlat({ prefix: 'failurelog/' }))
    return (await container.getBlobClient(name).downloadToBuffer()).toString().split('\n')[0] ?? '';
  return '';
}

/** Rows that are deleted vanish, and the delete log names each, with a version above its last. */
export async function deletionsLogged({ rows, first, second, seen }: Troubles): Promise<void> {
  console.log(`\n${DELETED} records are deleted:`);
  const ids: string[] = [];
  for (let number = 0; number < DELETED; number++) ids.push(await rows.create('accounts', { name: `Gone ${number}` }));
  const standing = async ({ onlooker }: Target) => versionsOf(onlooker, ids);
  const arrived = await within(FOLLOWS_WITHIN_MS, async () => (await standing(second)).size === DELETED);
  const before = await standing(first);
  for (const id of ids) await rows.delete('accounts', id);
  for (const target of [first, second]) {
    const gone = await within(FOLLOWS_WITHIN_MS, async () => (await standing(target)).size === 0);
    seen(`${target.name}: they are gone after ${gone.after}`, arrived.held && gone.held);
  }
  const logged = await first.onlooker.query<{ id: string; version: string }>(
    `SELECT recordid AS id, CAST(versionnumber AS varchar(20)) AS version FROM dbo.deletelog
     WHERE entityname = 'account' AND recordid IN (${places(ids)})`,
    ids,
  );
  const above = logged.filter(({ id, version }) => BigInt(version) > BigInt(before.get(id) ?? 0));
  seen(`dbo.deletelog names ${above.length} of them, with a version above the last`, above.length === DELETED);
}

async function versionsOf(onlooker: Onlooker, ids: readonly string[]): Promise<Map<string, string>> {
  const found = await onlooker.query<{ id: string; version: string }>(
    `SELECT id AS id, CAST(versionnumber AS varchar(20)) AS version FROM dbo.account WHERE id IN (${places(ids)})`,
    ids,
  );
  return new Map(found.map(({ id, version }) => [id, version]));
}

const places = (values: readonly string[]) => values.map((_, k) => `$${k + 1}`).join(', ');

/** One database cannot be reached for two minutes: its profile waits and says so, the other does not notice. */
export async function outage(play: Troubles): Promise<void> {
  const { client, display, first, second, proxy, seen } = play;
  const [minutes, lags] = [OUTAGE_MS / 60_000, new LagSampler(client, second.profileId)];
  console.log(`\nThe first database cannot be reached for ${minutes} minutes, while changes go on:`);
  proxy.refuse(true);
  let told = '';
  await throughout(OUTAGE_MS, async (elapsed) => {
    await lags.sample();
    const { ErrorDetails, ExportStatus } = (await client.status(first.profileId)).Status ?? {};
    if (ExportStatus === 'Waiting') told = ErrorDetails?.Message ?? '';
    const note = `First: ${ExportStatus}; Second: lag ${lags.percentile(0.5)} ms`;
    display.show([{ label: 'seconds away', done: Math.round(elapsed / 1000), of: OUTAGE_MS / 1000, note }]);
  });
  display.end();
  seen(`First waits and says why: “${told}”`, told !== '');
  const [p50, p99] = [lags.percentile(0.5), lags.percentile(0.99)];
  seen(`Second went on all the while: lag p50 ${p50} ms, p99 ${p99} ms`, p50 > 0 && p99 < LAG_MAX_MS);
  proxy.refuse(false);
  const caughtUp = async () => {
    const { ExportStatus, PagesBehind } = await client.statistics(first.profileId);
    return ExportStatus === 'Running' && PagesBehind <= 2;
  };
  const again = await within(CATCH_UP_WITHIN_MS, caughtUp);
  seen(`First goes on by itself and has caught up after ${again.after}`, again.held);
  const { FailureNotifications } = await client.statistics(first.profileId);
  seen('and no record has failed', FailureNotifications === 0);
}

/** The product compares each table with the organization itself. */
export async function equalToOrganization({ client, first, second, seen }: Troubles): Promise<void> {
  console.log('\nEvery table is reconciled with the organization:');
  for (const { profileId } of [first, second]) await client.reconcile(profileId);
  for (const { name, profileId } of [first, second]) {
    await within(RECONCILED_WITHIN_MS, async () => (await client.lastReconciliation(profileId)).State !== 'InProgress');
    const { Equal, Entities } = await client.lastReconciliation(profileId);
    const rows = Entities.reduce((sum, { Result }) => sum + (Result?.SourceRows ?? 0), 0);
    const compared = Entities.every(({ State }) => State === 'Equal');
    seen(
      `${name}: ${rows} rows of ${Entities.length} tables are equal by count and checksum`,
      Equal === true && compared,
    );
  }
}
