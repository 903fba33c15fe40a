import type { Cell } from '../../../shared/dataverse/columns.ts';
import type { EntityMetadata } from '../../../shared/dataverse/metadata.ts';
import type { ReadFrom, SourcePage } from '../../../shared/dataverse/model.ts';
import type { Source } from '../../../shared/dataverse/port.ts';
import { isFreshetError } from '../../../shared/errors/error.ts';

type Between = () => void;

/**
 * A copy of an entity's rows as a reader keeps it: first cursor, snapshot, changes. `between` runs before each request,
 * so that a history goes on while pages are read.
 */
export class Copy {
  readonly rows = new Map<string, readonly Cell[]>();
  readonly #source: Source;
  readonly #entity: EntityMetadata;
  #token = '';
  #columns: 'all' | undefined;

  constructor(source: Source, entity: EntityMetadata) {
    this.#source = source;
    this.#entity = entity;
  }

  /** Takes a first cursor and reads all rows. */
  async begin(maxRows: number, between: Between = () => {}): Promise<void> {
    const from = { kind: 'keys', ...(this.#columns && { columns: this.#columns }) } as const;
    this.#token = (await this.pages(from, maxRows, between)).at(-1)?.token ?? '';
    this.rows.clear();
    for (const page of await this.pages({ kind: 'rows' }, maxRows, between)) this.#put(page.rows);
  }

  /** Reads what changed. An organization that wants the columns a token was read under gets them. */
  async follow(maxRows: number, between: Between = () => {}): Promise<void> {
    try {
      await this.#follow(maxRows, between);
    } catch (error) {
      if (!isFreshetError(error, 'CURSOR_EXPIRED') || this.#columns) throw error;
      this.#columns = 'all';
      await this.begin(maxRows, between);
      await this.#follow(maxRows, between);
    }
  }

  /** All pages of one read. */
  async pages(from: ReadFrom, maxRows: number, between: Between = () => {}): Promise<SourcePage[]> {
    const pages: SourcePage[] = [];
    let next: ReadFrom | null = from;
    while (next !== null) {
      between();
      const page: SourcePage = await this.#source.read(this.#entity, next, maxRows);
      pages.push(page);
      next = page.next === null ? null : { kind: 'next', link: page.next };
    }
    return pages;
  }

  async #follow(maxRows: number, between: Between): Promise<void> {
    const pages = await this.pages({ kind: 'changes', token: this.#token }, maxRows, between);
    const deletions = [...new Set(pages.flatMap((page) => page.deletions))];
    for (const page of pages) this.#put(page.rows);
    for (const id of deletions) this.rows.delete(id);
    this.#put((await this.#source.readByIds(this.#entity, deletions)).rows);
    this.#token = pages.at(-1)?.token ?? '';
  }

  #put(rows: readonly Cell[][]): void {
    for (const row of rows) this.rows.set(String(row[0]), row);
  }
}
