import { isDeepStrictEqual } from 'node:util';
import { entityMetadata } from '../../local/dataverse/model/metadata.ts';
import { modelSource } from '../../local/dataverse/model/source.ts';
import type { Profile } from '../../shared/control/model.ts';
import { exportColumns } from '../../shared/dataverse/columns.ts';
import { heldValue } from '../../shared/destination/cells.ts';
import type { OwnTables } from '../../shared/destination/memory/database.ts';
import { metadataRows } from '../../shared/destination/metadata-rows.ts';
import { RETRIES_CONTAINER } from '../../shared/export/apply/retry-blobs.ts';
import { PAGES_CONTAINER } from '../../shared/export/pages.ts';
import { ORGANIZATION_ID, type World } from '../support/world.ts';

/** Which promise is broken, and where. */
export interface Finding {
  readonly check: string;
  readonly text: string;
}

/** Where the profiles of a simulation write. */
export const AREA = { schema: 'dbo', prefix: '' };
const SHOWN_UNITS = 60;

/** What is not as it should be once the system has come to rest; nothing when all is. */
export async function inspect(world: World): Promise<Finding[]> {
  const profiles = await world.control.profiles.list([ORGANIZATION_ID]);
  const findings: Finding[] = [];
  for (const profile of profiles) {
    findings.push(...(await inspectProfile(world, profile)));
    for (const { entity } of profile.settings.entities)
      findings.push(...(await compare(world, profile.settings.name, entity)));
  }
  return [...findings, ...inspectControl(world), ...inspectQueues(world)];
}

/** What has not come to its end: snapshots, positions, messages. */
export async function inspectProgress(world: World): Promise<Finding[]> {
  const profiles = await world.control.profiles.list([ORGANIZATION_ID]);
  const behind = await Promise.all(profiles.map((profile) => inspectPositions(world, profile)));
  return [...behind.flat(), ...inspectControl(world), ...inspectQueues(world)];
}

/** The rows alone, but for those that wait for a retry or failed. */
export async function inspectRows(world: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { settings } of await world.control.profiles.list([ORGANIZATION_ID])) {
    const own = world.database(settings.name).area(AREA).own;
    const open = new Set([...(own?.retries.values() ?? [])].map(({ entity, id }) => `${entity}/${id}`));
    for (const { entity } of settings.entities) findings.push(...(await compare(world, settings.name, entity, open)));
  }
  return findings;
}

/** What a day later and after the clean-up must be gone. */
export async function inspectLeftovers(world: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { feeds, shapes } = world.control.snapshot();
  for (const key of shapes.keys())
    if (!feeds.has(key)) findings.push(found('no feed without a profile', `definitions of ${key}`));
  for (const { feed, pages } of feeds.values())
    if (pages.some(({ page }) => page.number !== feed.head))
      findings.push(found('passed pages go', `${feed.entity} keeps ${pages.length} pages`));
  const named = new Set(
    [...feeds.values()].flatMap(({ pages }) => pages.map(({ page }) => ('blob' in page.body ? page.body.blob : ''))),
  );
  for (const name of await blobsOf(world, PAGES_CONTAINER))
    if (!named.has(name)) findings.push(found('no blob without a name', `${PAGES_CONTAINER}/${name}`));
  for (const name of await blobsOf(world, RETRIES_CONTAINER))
    findings.push(found('no blob without a name', `${RETRIES_CONTAINER}/${name}`));
  return findings;
}

async function inspectProfile(world: World, profile: Profile): Promise<Finding[]> {
  const { name, entities } = profile.settings;
  const { own } = world.database(name).area(AREA);
  if (!own) return [found('own tables', `${name} lost its own tables`)];
  const findings: Finding[] = [];
  if (profile.state !== 'active' || profile.breaker || profile.trouble)
    findings.push(
      found('profiles run', `${name} is ${profile.state}, ${JSON.stringify(profile.breaker ?? profile.trouble)}`),
    );
  if (profile.retryAt !== null) findings.push(found('no retry left', `${name} waits for one`));
  for (const { entity } of entities) findings.push(...counters(name, entity, own), ...told(world, name, entity, own));
  return [...findings, ...(await inspectPositions(world, profile))];
}

/** The control rows name what the profile names, and say of it what the destination says. */
async function inspectPositions(world: World, { id, settings }: Profile): Promise<Finding[]> {
  const { name, entities } = settings;
  const positions = world.database(name).area(AREA).own?.positions;
  const findings: Finding[] = [];
  const subscriptions = await world.control.profiles.subscriptions(id);
  const named = entities.map(({ entity }) => entity).toSorted();
  for (const exported of [subscriptions.map(({ entity }) => entity), [...(positions?.keys() ?? [])]])
    if (exported.toSorted().join() !== named.join())
      findings.push(found('what is named is exported', `${name} has ${named.join()} and exports ${exported.join()}`));
  for (const { entity, page, tail, counters: reported } of subscriptions) {
    const position = positions?.get(entity);
    if (page !== tail || position?.page !== tail)
      findings.push(found('positions at the end', `${name}.${entity} is behind`));
    if (JSON.stringify(position?.counters) !== JSON.stringify(reported))
      findings.push(found('counters add up', `${name}.${entity} reported ${JSON.stringify(reported)}`));
  }
  return findings;
}

/** Every column of every row, and no row more. */
async function compare(
  world: World,
  name: string,
  entity: string,
  without: ReadonlySet<string> = new Set(),
): Promise<Finding[]> {
  const metadata = entityMetadata(world.organization, entity);
  const columns = exportColumns(metadata);
  const ids = [...world.organization.table(entity).rows.keys()];
  const source = (await modelSource(world.organization).readByIds(metadata, ids)).rows;
  const expected = source.map((row) => columns.map((column, k) => heldValue(column, row[k] ?? null)));
  const table = world.database(name).area(AREA).tables.get(entity);
  const actual = [...(table?.rows.values() ?? [])].map(({ cells }) =>
    columns.map((column) => cells[column.name] ?? null),
  );
  const [wanted, held] = [expected, actual].map((rows) =>
    rows
      .filter(([id]) => !without.has(`${entity}/${id}`))
      .map((row) => row.map(shown).join(' '))
      .toSorted(),
  );
  const missing = wanted?.filter((row) => !held?.includes(row)) ?? [];
  const surplus = held?.filter((row) => !wanted?.includes(row)) ?? [];
  if (missing.length + surplus.length === 0 && wanted?.length === held?.length) return [];
  const text = [...missing.map((row) => `\n  source      ${row}`), ...surplus.map((row) => `\n  destination ${row}`)];
  return [found('rows equal', `${name}.${entity} differs:${text.join('')}`)];
}

function shown(cell: unknown): string {
  const text = String(cell);
  return text.length > SHOWN_UNITS ? `${text.slice(0, SHOWN_UNITS)}…${text.length}` : text;
}

function counters(name: string, entity: string, { positions, retries }: OwnTables): Finding[] {
  const held = positions.get(entity)?.counters;
  if (!held) return [found('positions at the end', `${name}.${entity} has no position`)];
  const open = [...retries.values()].filter((retry) => retry.entity === entity);
  const failed = open.filter(({ failedAt }) => failedAt !== null).length;
  const findings: Finding[] = [];
  if (held.read !== held.applied + held.replaced + held.retrying + held.failed)
    findings.push(found('counters add up', `${name}.${entity}: ${JSON.stringify(held)}`));
  if (failed !== held.failed || open.length - failed !== held.retrying)
    findings.push(found('counters add up', `${name}.${entity}: ${JSON.stringify(held)} with ${open.length} retries`));
  if (open.length > 0) findings.push(found('no retry left', `${name}.${entity} has ${open.length}`));
  if (held.regressed > 0) findings.push(found('no row goes back', `${name}.${entity}: ${JSON.stringify(held)}`));
  return findings;
}

/** The metadata tables say what the organization's definition says. */
function told({ organization }: World, name: string, entity: string, { metadata }: OwnTables): Finding[] {
  const wanted = metadataRows(entityMetadata(organization, entity));
  return isDeepStrictEqual(metadata.get(entity), wanted) ? [] : [found('definitions are told', `${name}.${entity}`)];
}

/** Bells, snapshots, feeds. */
function inspectControl(world: World): Finding[] {
  const state = world.control.snapshot();
  const findings: Finding[] = [];
  for (const [key, { owner, rung, seen, pendingAt }] of state.bells) {
    if (owner !== null) findings.push(found('no lease held', key));
    if (rung !== seen) findings.push(found('every ring heard', `${key}: ${rung} rung, ${seen} seen`));
    if (pendingAt !== null) findings.push(found('no message pending', key));
  }
  for (const [key, { feed, snapshots }] of state.feeds) {
    const open = snapshots.filter(({ endNumber }) => endNumber === null);
    if (open.length > 0) findings.push(found('no snapshot open', `${key} has ${open.length}`));
    const { changeTrackingEnabled } = world.organization.table(feed.entity).definition;
    if (feed.nextLink !== null || (feed.token === null && changeTrackingEnabled) || feed.trouble !== null)
      findings.push(found('feeds at rest', `${key}: ${JSON.stringify(feed)}`));
    const subscribed = [...state.subscriptions.values()].some(({ entity }) => entity === feed.entity);
    if (!subscribed) findings.push(found('no feed without a profile', key));
  }
  return findings;
}

function inspectQueues({ queues }: World): Finding[] {
  return (['notifications', 'reads', 'applies'] as const).flatMap((queue) =>
    queues.waiting(queue).map(({ body }) => found('no message left', `${queue}: ${JSON.stringify(body)}`)),
  );
}

/** Names of a container's blobs. */
export async function blobsOf(world: World, container: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of world.blobs.list(container)) names.push(name);
  return names;
}

export function found(check: string, text: string): Finding {
  return { check, text };
}
