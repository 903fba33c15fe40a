import type { Cell } from '../columns.ts';
import type { EntityMetadata, EntitySummary } from '../metadata.ts';
import type { OrganizationIdentity, ReadFrom, RowsByIds, SourcePage } from '../model.ts';
import { PARTIES, partyCells, withFirstParties } from '../party-lists.ts';
import type { Source } from '../port.ts';
import type { Usage } from '../usage.ts';
import { loadCatalog } from './catalog.ts';
import { type Answer, WebApiClient, type WebApiOptions } from './client.ts';
import { loadCounts } from './counts.ts';
import type { Subject } from './errors.ts';
import { parseExact } from './exact-json.ts';
import { loadIdentity } from './identity.ts';
import { loadMetadata, loadMetadataVersion } from './metadata.ts';
import { METADATA_VERSION, type PageContent, readPage, selectedBy } from './page.ts';
import { partyOf } from './parties.ts';
import { keyShape, type RowShape, rowShape } from './rows.ts';

/** Dataverse gives no more, and ignores larger wishes (reference: dataverse.md, section 2.1). */
const PAGE_MAX_ROWS = 5_000;
/** Servers refuse longer request lines: Node's with 16 KB, Dataverse with 32 KB. */
const URL_MAX_CHARACTERS = 14_000;
/** A longer list of columns is left out, which means all of them. */
const SELECT_MAX_CHARACTERS = 8_000;
const IDS_MAX = 300;

/** One read: what to ask for, and how to read the answer. */
interface Query {
  readonly path: string;
  readonly shape: RowShape;
  readonly subject: Subject;
  readonly maxRows: number;
  readonly tracked?: boolean;
}

/** An organization read through the Web API (reference: dataverse.md, part 2). */
export class WebApiSource implements Source {
  readonly #client: WebApiClient;

  constructor(options: WebApiOptions) {
    this.#client = new WebApiClient(options);
  }

  get usage(): Usage {
    return this.#client.usage;
  }

  identity(): Promise<OrganizationIdentity> {
    return loadIdentity(this.#client);
  }

  catalog(): Promise<EntitySummary[]> {
    return loadCatalog(this.#client);
  }

  counts(entities: readonly string[]): Promise<Map<string, number>> {
    return loadCounts(this.#client, entities);
  }

  metadata(entity: string): Promise<EntityMetadata> {
    return loadMetadata(this.#client, entity);
  }

  metadataVersion(): Promise<string | null> {
    return loadMetadataVersion(this.#client);
  }

  async read(entity: EntityMetadata, from: ReadFrom, maxRows: number): Promise<SourcePage> {
    const query = queryOf(entity, from, maxRows);
    const { content, answer } = await this.#page(query);
    const isTracked = from.kind === 'keys' || from.kind === 'changes';
    if (isTracked && content.next === null && content.token === null) {
      throw this.#client.unreadable('a tracked read has no delta link; is change tracking off?');
    }
    const rows = await this.#withParties(entity, query.shape.columns, content.rows);
    return { ...content, rows, columns: query.shape.columns, bytes: answer.bytes };
  }

  async readByIds(entity: EntityMetadata, ids: readonly string[]): Promise<RowsByIds> {
    const { rows, metadataVersion } = await this.#rowsWhere(entity, entity.primaryIdAttribute, ids);
    return { rows: await this.#withParties(entity, rowShape(entity).columns, rows), metadataVersion };
  }

  /** Party lists are read beside the rows; a change of theirs is one of the activity, so what is newer comes again. */
  async #withParties(entity: EntityMetadata, columns: readonly string[], rows: Cell[][]): Promise<Cell[][]> {
    const cells = partyCells(entity, columns);
    if (cells.length === 0 || rows.length === 0) return rows;
    const ids = rows.map(([id]) => String(id));
    const parties = await this.#rowsWhere(PARTIES, 'activityid', ids);
    return withFirstParties(rows, cells, parties.rows.map(partyOf));
  }

  /** The rows whose attribute, the key or a lookup, is one of these ids. */
  async #rowsWhere(entity: EntityMetadata, attribute: string, ids: readonly string[]): Promise<RowsByIds> {
    const rows: Cell[][] = [];
    let metadataVersion: string | null = null;
    const shape = rowShape(entity);
    for (const path of idPaths(entity, attribute, [...new Set(ids)])) {
      let next: string | null = path;
      while (next !== null) {
        const subject: Subject = { kind: 'rows', entity: entity.logicalName };
        const { content } = await this.#page({ path: next, shape, subject, maxRows: PAGE_MAX_ROWS });
        for (const row of content.rows) rows.push(row);
        next = content.next;
        metadataVersion = content.metadataVersion ?? metadataVersion;
      }
    }
    return { rows, metadataVersion };
  }

  async #page({ path, shape, subject, maxRows, tracked }: Query): Promise<{ content: PageContent; answer: Answer }> {
    const prefer = [
      ...(tracked ? ['odata.track-changes'] : []),
      `odata.maxpagesize=${Math.min(PAGE_MAX_ROWS, Math.max(1, Math.floor(maxRows)))}`,
      `odata.include-annotations="${[...shape.annotations, METADATA_VERSION].join(',')}"`,
    ];
    const answer = await this.#client.send({ path, subject, headers: { Prefer: prefer.join(',') } });
    const body = this.#client.parse(answer.text, shape.hasLongNumbers ? parseExact : JSON.parse);
    return { content: this.#client.readable(() => readPage(body, shape)), answer };
  }
}

function queryOf(entity: EntityMetadata, from: ReadFrom, maxRows: number): Query {
  const { logicalName, entitySetName, primaryIdAttribute } = entity;
  switch (from.kind) {
    case 'rows':
      return { ...fullRead(entity), maxRows };
    case 'changes': {
      const { path, shape } = fullRead(entity);
      const separator = path.includes('?') ? '&' : '?';
      const subject: Subject = { kind: 'changes', entity: logicalName };
      return { path: `${path}${separator}$deltatoken=${from.token}`, shape, subject, maxRows };
    }
    case 'keys': {
      const keys = { shape: keyShape(entity), maxRows, tracked: true };
      if (from.columns === 'all') return { ...fullRead(entity), ...keys };
      const subject: Subject = { kind: 'rows', entity: logicalName };
      return { path: `${entitySetName}?$select=${primaryIdAttribute}`, subject, ...keys };
    }
    case 'next': {
      const subject: Subject = { kind: 'next', entity: logicalName };
      return { path: from.link, shape: shapeOfLink(entity, from.link), subject, maxRows };
    }
  }
}

function fullRead(entity: EntityMetadata): Pick<Query, 'path' | 'shape' | 'subject'> {
  const shape = rowShape(entity);
  const select = shape.properties.join(',');
  return {
    path: select.length > SELECT_MAX_CHARACTERS ? entity.entitySetName : `${entity.entitySetName}?$select=${select}`,
    shape,
    subject: { kind: 'rows', entity: entity.logicalName },
  };
}

/** A link goes on with the columns its read began with, whatever the entity has today. */
function shapeOfLink(entity: EntityMetadata, link: string): RowShape {
  const selected = selectedBy(link);
  const isKeys = selected?.size === 1 && selected.has(entity.primaryIdAttribute);
  return isKeys ? keyShape(entity) : rowShape(entity, selected ?? undefined);
}

/** Requests for rows by the ids of an attribute, each with as many ids as an address holds. */
function* idPaths(entity: EntityMetadata, attribute: string, ids: readonly string[]): Generator<string> {
  const { path } = fullRead(entity);
  const filter = (some: readonly string[]) =>
    `Microsoft.Dynamics.CRM.In(PropertyName='${attribute}',PropertyValues=${JSON.stringify(some)})`;
  const address = (some: readonly string[]) =>
    `${path}${path.includes('?') ? '&' : '?'}$filter=${encodeURIComponent(filter(some))}`;
  const perId = encodeURIComponent(`"${'0'.repeat(36)}",`).length;
  const count = Math.min(IDS_MAX, Math.floor((URL_MAX_CHARACTERS - address([]).length) / perId));
  for (let at = 0; at < ids.length; at += count) yield address(ids.slice(at, at + count));
}
