import type { Cell } from '../columns.ts';
import type { RowShape, WebApiRow } from './rows.ts';
import { Unreadable } from './unreadable.ts';

/** What the body of a read says, in Freshet's words. */
export interface PageContent {
  readonly rows: Cell[][];
  readonly deletions: string[];
  readonly next: string | null;
  readonly token: string | null;
  readonly metadataVersion: string | null;
}

/** Only answered when asked for, like the annotations of rows. */
export const METADATA_VERSION = 'Microsoft.Dynamics.CRM.globalmetadataversion';
const DELETED = /\$deletedEntity$/;
/** A deletion's id is the bare id; elsewhere in OData it may be the address of the row. */
const ID = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)?$/i;
const TOKEN = /[?&](?:\$|%24)deltatoken=([^&#]+)/i;
const SELECT = /[?&](?:\$|%24)select=([^&#]*)/i;

/** Throws Unreadable. */
export function readPage(body: unknown, shape: RowShape): PageContent {
  const { value, ...page } = (body ?? {}) as Record<string, unknown>;
  if (!Array.isArray(value)) throw new Unreadable('it holds no list of rows');
  const rows: Cell[][] = [];
  const deletions: string[] = [];
  for (const item of value as WebApiRow[]) {
    if (typeof item !== 'object' || item === null) throw new Unreadable('a row is no object');
    if (isDeletion(item)) deletions.push(deletedId(item));
    else rows.push(cellsOf(item, shape));
  }
  const deltaLink = optionalText(page['@odata.deltaLink']);
  return {
    rows,
    deletions,
    next: optionalText(page['@odata.nextLink']),
    token: deltaLink === null ? null : tokenOf(deltaLink),
    metadataVersion: optionalText(page[`@${METADATA_VERSION}`]),
  };
}

/** The properties that a link selects; null when it names none, and so means all. */
export function selectedBy(link: string): ReadonlySet<string> | null {
  const select = SELECT.exec(link)?.[1];
  if (!select) return null;
  // Names have no other characters that need an encoding.
  return new Set(
    select
      .replaceAll(/%2c/gi, ',')
      .replaceAll(/%20|\+/g, '')
      .split(','),
  );
}

function isDeletion(item: WebApiRow): boolean {
  const context = item['@odata.context'];
  return typeof context === 'string' && DELETED.test(context);
}

function deletedId({ id }: WebApiRow): string {
  const match = typeof id === 'string' ? ID.exec(id) : null;
  if (!match?.[1]) throw new Unreadable('a deletion has no id');
  return match[1].toLowerCase();
}

function cellsOf(item: WebApiRow, shape: RowShape): Cell[] {
  const cells = shape.cells(item);
  if (cells[0] === null) throw new Unreadable('a row has no id');
  return cells;
}

/** The token as the link has it, still encoded, so that it goes back exactly as it came. */
function tokenOf(deltaLink: string): string {
  const token = TOKEN.exec(deltaLink)?.[1];
  if (!token) throw new Unreadable('its delta link has no token');
  return token;
}

function optionalText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
