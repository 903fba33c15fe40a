import { type Cell, type Column, exportColumns } from '../../../shared/dataverse/columns.ts';
import type { EntityMetadata } from '../../../shared/dataverse/metadata.ts';
import type { ReadFrom, SourcePage } from '../../../shared/dataverse/model.ts';
import { numberText } from '../../../shared/dataverse/number-text.ts';
import { type Party, partyCells, withFirstParties } from '../../../shared/dataverse/party-lists.ts';
import type { Source } from '../../../shared/dataverse/port.ts';
import { Usage } from '../../../shared/dataverse/usage.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import { dateText } from './cell-text.ts';
import { isLookup } from './definitions.ts';
import { DataverseError } from './errors.ts';
import { entityMetadata } from './metadata.ts';
import type { Organization } from './organization.ts';
import { isReference, type Row, type Cell as StoredCell } from './row.ts';
import type { Table } from './table.ts';
import type { ReadState } from './tracking.ts';

/** What a `next` link of this source holds. */
interface Link {
  readonly state: ReadState;
  /** The columns that its read began with: a link goes on with them, whatever is defined meanwhile. */
  readonly columns: readonly string[];
  readonly keysOnly: boolean;
}

/** The organization as Freshet's source port, without HTTP in between: for the simulation and for tests. */
export function modelSource(organization: Organization): Source {
  return {
    // Calls of the model take no time and are no requests.
    usage: new Usage(),
    identity: async () => {
      const { organizationId, tenantId, environmentId, uniqueName, url, geo } = organization.identity;
      return { organizationId, tenantId, environmentId, name: uniqueName, url: `${url}/`, region: geo };
    },
    catalog: async () =>
      organization.tables().map(({ definition: { logicalName } }) => {
        const { displayName, isIntersect, isActivity, changeTracking, manyToMany } = entityMetadata(
          organization,
          logicalName,
        );
        return { logicalName, displayName, description: null, isIntersect, isActivity, changeTracking, manyToMany };
      }),
    counts: async (entities) =>
      new Map(
        entities.flatMap((name) => {
          const table = organization.findTable(name);
          return table ? [[name, table.rows.size] as const] : [];
        }),
      ),
    metadata: async (entity) => classified(entity, () => entityMetadata(organization, entity)),
    metadataVersion: async () => String(organization.metadataVersion),
    read: async (entity, from, maxRows) =>
      classified(entity.logicalName, () => readPage(organization, entity, from, maxRows)),
    readByIds: async (entity, ids) =>
      classified(entity.logicalName, () => {
        const columns = exportColumns(entity);
        const rows = [...new Set(ids)].flatMap((id) => organization.find(entity.logicalName, id) ?? []);
        const metadataVersion = String(organization.metadataVersion);
        return { rows: cellsOf(organization, entity, columns, rows), metadataVersion };
      }),
  };
}

function readPage(organization: Organization, entity: EntityMetadata, from: ReadFrom, maxRows: number): SourcePage {
  const link = linkFor(organization, entity, from);
  const page = organization.readPage(entity.logicalName, link.state, maxRows);
  const asked = exportColumns(entity).filter(({ name }) => link.columns.includes(name));
  const columns = asked.slice(0, link.keysOnly ? 1 : undefined);
  const rows = cellsOf(organization, entity, columns, page.rows);
  const deletions = [...page.deletions];
  return {
    rows,
    columns: columns.map(({ name }) => name),
    deletions,
    next: page.next ? JSON.stringify({ ...link, state: page.next } satisfies Link) : null,
    token: page.token,
    metadataVersion: String(organization.metadataVersion),
    bytes: JSON.stringify(rows).length + JSON.stringify(deletions).length,
  };
}

function linkFor(organization: Organization, entity: EntityMetadata, from: ReadFrom): Link {
  if (from.kind === 'next') return JSON.parse(from.link) as Link;
  const all = exportColumns(entity).map(({ name }) => name);
  const columns = from.kind === 'keys' && from.columns !== 'all' ? all.slice(0, 1) : all;
  const state =
    from.kind === 'changes'
      ? organization.beginDelta(entity.logicalName, from.token, columns.join())
      : organization.beginRead(from.kind === 'keys', columns.join());
  return { state, columns, keysOnly: from.kind === 'keys' };
}

function cellsOf(
  organization: Organization,
  entity: EntityMetadata,
  columns: readonly Column[],
  rows: readonly Row[],
): Cell[][] {
  const readers = readersOf(organization, entity, columns);
  const cells = rows.map((row) => readers.map((reader) => reader(row)));
  const lists = partyCells(
    entity,
    columns.map(({ name }) => name),
  );
  return lists.length === 0 ? cells : withFirstParties(cells, lists, partiesOfRows(organization, rows));
}

function partiesOfRows(organization: Organization, activities: readonly Row[]): Party[] {
  const table = organization.findTable('activityparty');
  if (!table) return [];
  return activities.flatMap(({ self }) =>
    table.referringTo('activityid', self.id).flatMap((id) => {
      const row = table.rows.get(id);
      const member = row ? table.cell(row, 'partyid') : null;
      if (!row || !isReference(member)) return [];
      const mask = Number(table.cell(row, 'participationtypemask'));
      return [{ id, activity: self.id, mask, party: member.id, version: BigInt(row.version) }];
    }),
  );
}

function readersOf(
  organization: Organization,
  entity: EntityMetadata,
  columns: readonly Column[],
): ((row: Row) => Cell)[] {
  const table = organization.table(entity.logicalName);
  return columns.map((column) => readerOf(organization, table, column));
}

function readerOf(organization: Organization, table: Table, column: Column): (row: Row) => Cell {
  const attribute = table.attribute(column.attribute);
  const entity = table.definition.logicalName;
  if (!attribute) throw new FreshetError('ATTRIBUTE_GONE', { entity, reason: `no property ${column.attribute}` });
  const of = attribute.attributeOf === null ? undefined : table.attribute(attribute.attributeOf);
  // Rows of the Web API show the name of a lookup, but nowhere its phonetic form.
  if (!attribute.isValidForRead || (of && column.name.endsWith('yominame'))) return () => null;
  return (row) => {
    const cell = table.cell(row, of && isLookup(of) ? of.logicalName : attribute.logicalName);
    if (column.isEntityType || attribute.type === 'EntityNameType')
      return isReference(cell) ? cell.entity : plain(cell);
    if (of && isReference(cell)) return organization.nameOf(cell);
    if (cell === null || isReference(cell)) return plain(cell);
    if (attribute.type === 'DateTimeType') return instantText(dateText(attribute, Number(cell)));
    return column.type === 'decimal' || column.type === 'bigint' ? numberText(cell as number | string) : cell;
  };
}

/** A date without a time is its midnight in UTC. */
function instantText(text: string): string {
  return text.includes('T') ? text : `${text}T00:00:00Z`;
}

function plain(cell: StoredCell): Cell {
  return isReference(cell) ? cell.id : cell;
}

/** The organization's refusals as the port promises them. */
function classified<T>(entity: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof DataverseError)) throw error;
    if (error.code === '0x80044352') throw new FreshetError('CURSOR_EXPIRED', { entity }, error);
    if (error.status === 404) throw new FreshetError('ENTITY_NOT_FOUND', { entity }, error);
    throw new FreshetError('CURSOR_EXPIRED', { entity }, error);
  }
}
