import { type FileHandle, open, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { LokiCollection, LokiDatabase, LokiDocument } from './servers.ts';

/** Beyond it, a start would take noticeably longer for reading the journal. */
const CHECKPOINT_BYTES = 16 * 1024 * 1024;

/** One line of a journal. Repeating lines, from any of them on, leads to the same end. */
type Change = { readonly collection: string } & ({ readonly put: LokiDocument } | { readonly remove: number });

/**
 * The changes of a LokiJS database since it was last saved, in a file beside its own. LokiJS saves all documents at once,
 * every few seconds: a kill -9 forgets what was answered since. Saving before each answer costs 10 times the speed with
 * some thousand blobs (840 to 85 uploads/s with 2,000, measured 2026-11); a line per changed document does not.
 */
export class Journal {
  readonly #database: LokiDatabase;
  readonly #watched = new Set<LokiCollection>();
  #lines: string[] = [];
  #number = 0;
  #bytes = 0;
  #file: FileHandle | null = null;
  #running: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | null = null;

  constructor(database: LokiDatabase) {
    this.#database = database;
  }

  /** Takes in what an earlier run left in its journals. The database has been read from its file, and nobody uses it yet. */
  async begin(): Promise<void> {
    this.#database.autosaveDisable();
    for (const number of await this.#numbers()) {
      replay(this.#database, await readFile(this.#path(number), 'utf8'));
      this.#number = number;
    }
    await this.#checkpoint();
  }

  /** Resolves when all changes made so far will be there after a kill -9. Callers side by side share one write. */
  saved(): Promise<void> {
    this.#waiting ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#waiting = null;
        this.#running = this.#write();
        return this.#running;
      });
    return this.#waiting;
  }

  async end(): Promise<void> {
    await this.saved();
    await this.#file?.close();
  }

  async #write(): Promise<void> {
    const unwatched = this.#database.collections.some((collection) => !this.#watched.has(collection));
    if (unwatched || this.#bytes > CHECKPOINT_BYTES) return this.#checkpoint();
    const lines = this.#lines;
    if (lines.length === 0 || !this.#file) return;
    this.#lines = [];
    try {
      const text = lines.join('');
      await this.#file.appendFile(text);
      this.#bytes += text.length;
    } catch (error) {
      // They are in the database already: the next write has to bring them.
      this.#lines = [...lines, ...this.#lines];
      throw error;
    }
  }

  /** Saves the database whole. Changes from now on go to a new journal, and the older ones end once it is saved. */
  async #checkpoint(): Promise<void> {
    const older = await this.#numbers();
    await this.#file?.close();
    this.#number += 1;
    this.#file = await open(this.#path(this.#number), 'a');
    this.#lines = [];
    // Until it is saved, the new journal alone does not tell everything: after a failure the next write tries again.
    this.#bytes = Number.POSITIVE_INFINITY;
    for (const collection of this.#database.collections) this.#watch(collection);
    await new Promise<void>((resolve, reject) => {
      this.#database.saveDatabase((error) => (error ? reject(error) : resolve()));
    });
    this.#bytes = 0;
    for (const number of older) await rm(this.#path(number), { force: true });
  }

  #watch(collection: LokiCollection): void {
    if (this.#watched.has(collection)) return;
    this.#watched.add(collection);
    const note = (toChange: (document: LokiDocument) => object) => (documents: LokiDocument | LokiDocument[]) => {
      for (const document of [documents].flat()) {
        this.#lines.push(`${JSON.stringify({ collection: collection.name, ...toChange(document) })}\n`);
      }
    };
    collection.on(
      'insert',
      note((document) => ({ put: document })),
    );
    collection.on(
      'update',
      note((document) => ({ put: document })),
    );
    collection.on(
      'delete',
      note((document) => ({ remove: document.$loki })),
    );
  }

  #path(number: number): string {
    return `${this.#database.filename}.journal-${number}`;
  }

  async #numbers(): Promise<number[]> {
    const prefix = path.basename(this.#path(0)).slice(0, -1);
    const names = await readdir(path.dirname(this.#database.filename));
    const numbers = names.filter((name) => name.startsWith(prefix)).map((name) => Number(name.slice(prefix.length)));
    return numbers.sort((a, b) => a - b);
  }
}

/** A line without its end was being written when the process was killed: its change was never answered. */
function replay(database: LokiDatabase, journal: string): void {
  const changes = journal
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Change);
  for (const collection of database.collections) {
    const own = changes.filter((change) => change.collection === collection.name);
    if (own.length > 0) replayInto(collection, own);
  }
}

function replayInto(collection: LokiCollection, changes: readonly Change[]): void {
  const documents = new Map(collection.data.map((document) => [document.$loki, document]));
  for (const change of changes) {
    if ('remove' in change) documents.delete(change.remove);
    else documents.set(change.put.$loki, change.put);
  }
  collection.data = [...documents.values()].sort((a, b) => a.$loki - b.$loki);
  collection.maxId = changes.reduce(
    (most, change) => Math.max(most, 'put' in change ? change.put.$loki : 0),
    collection.maxId,
  );
  collection.idIndex = null;
  collection.ensureId();
  collection.ensureAllIndexes(true);
}
