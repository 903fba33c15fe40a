/**
 * An append-only log in numbered files ("segments"). What is appended in one turn of the event loop is written at once
 * (group commit), and only then are those told who wait for it. The space of what is no longer needed is won back from
 * the oldest segment: its owner appends again what it still needs of it, then the segment is dropped. So nothing is ever
 * rewritten in place, no pause grows with the size of the journal, and a record never outlives the records it refers to.
 *
 * Writing is synchronous: it goes to the page cache and costs microseconds, less than a trip to the thread pool, and
 * keeps every read consistent with what was written. It survives the death of the process, not that of the machine.
 */
import { mkdirSync, readdirSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeRecord, Segment, type WriteAt } from './segment.ts';

const SEGMENT_BYTES = 32 * 1024 * 1024;

/** Kept free for deletions, which make room: a disk that is full to the last byte would never be emptied again. */
const RESERVED_DISK_BYTES = 32 * 1024 * 1024;

/** How soon to try again to write what must not be refused. */
const RETRY_MS = 250;

const SEGMENT_NAME = /^(\d{8})\.log$/;

export interface JournalRecord {
  /** A JSON object. */
  readonly meta: string;
  readonly payload?: Buffer;
}

/** Where a payload lies. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** The parts of the file system that can be full. Tests put others in their place. */
export interface Disk {
  readonly write: WriteAt;
  freeBytes(folder: string): number;
}

interface Appended {
  readonly records: readonly JournalRecord[];
  readonly written?: ((places: Place[]) => void) | undefined;
  /** Present: may be refused if it cannot be written. Absent: is kept and tried again. */
  readonly refused?: ((error: Error) => void) | undefined;
}

export class Journal {
  /** Returns the first record of a new segment. */
  opening: () => JournalRecord = () => ({ meta: '{}' });
  private readonly folder: string;
  private readonly disk: Disk;
  private readonly segmentBytes: number;
  private readonly segments = new Map<number, Segment>();
  private active: Segment | undefined;
  private sealedBytes = 0;
  private waiting: Appended[] = [];
  private timer: NodeJS.Immediate | NodeJS.Timeout | undefined;

  constructor(folder: string, disk: Disk = REAL_DISK, segmentBytes = SEGMENT_BYTES) {
    this.folder = folder;
    this.disk = disk;
    this.segmentBytes = segmentBytes;
  }

  /** Reads what is there, oldest first; a payload is valid during its visit only. @throws StartFailure if a file is damaged */
  open(visit: (meta: string, payload: Buffer, place: Place) => void): void {
    mkdirSync(this.folder, { recursive: true });
    const names = readdirSync(this.folder).filter((name) => SEGMENT_NAME.test(name));
    for (const [i, name] of names.sort().entries()) {
      const segment = new Segment(join(this.folder, name), Number.parseInt(name, 10));
      segment.scan(
        (record) => {
          const place = { segment: segment.number, offset: record.offset, length: record.payload.length };
          visit(record.meta, record.payload, place);
        },
        i === names.length - 1,
      );
      this.begin(segment);
    }
  }

  /** The size of all segments. */
  get bytes(): number {
    return this.sealedBytes + (this.active?.length ?? 0);
  }

  /** The number of the segment that is being written. */
  get newest(): number {
    return this.active?.number ?? 0;
  }

  /** The number of the oldest segment, if it is not the one that is being written. */
  get oldest(): number | undefined {
    const [first] = this.segments.keys();
    return first === this.active?.number ? undefined : first;
  }

  /** Will be written, sooner or later. */
  append(records: readonly JournalRecord[], written?: (places: Place[]) => void): void {
    this.enqueue({ records, written });
  }

  /** Will be written at the end of this turn, or refused. */
  offer(records: readonly JournalRecord[], written: (places: Place[]) => void, refused: (error: Error) => void): void {
    this.enqueue({ records, written, refused });
  }

  /** Calls back once everything appended so far is written. */
  whenWritten(written: () => void): void {
    if (this.waiting.length === 0) written();
    else this.enqueue({ records: [], written });
  }

  read(place: Place): Buffer {
    const segment = this.segments.get(place.segment);
    if (!segment) throw new Error(`segment ${place.segment} of the journal is gone`);
    return segment.read(place.offset, place.length);
  }

  /** The oldest segment holds nothing any more that is needed. */
  dropOldest(): void {
    const segment = this.segments.get(this.oldest ?? 0);
    if (!segment) return;
    this.active?.sync();
    segment.delete();
    this.segments.delete(segment.number);
    this.sealedBytes -= segment.length;
  }

  /** Begins a new segment, so that all others can be dropped. @throws Error if it cannot be written */
  rotate(): void {
    const number = this.newest + 1;
    const segment = new Segment(join(this.folder, `${String(number).padStart(8, '0')}.log`), number);
    try {
      const { meta, payload } = this.opening();
      segment.append(encodeRecord(meta, payload), this.disk.write);
    } catch (error) {
      segment.delete();
      throw error;
    }
    this.begin(segment);
  }

  /** Writes what waits. */
  flush(): void {
    const waiting = this.waiting;
    this.waiting = [];
    this.stopTimer();
    const error = this.tryToWrite(waiting);
    if (!error) return;
    // Without what may be refused there may be room for what may not.
    const mustStay = waiting.filter((appended) => !appended.refused);
    if (this.tryToWrite(mustStay)) {
      this.waiting = [...mustStay, ...this.waiting];
      this.timer ??= setTimeout(() => this.flush(), RETRY_MS);
    }
    for (const appended of waiting) appended.refused?.(error);
  }

  close(): void {
    this.flush();
    this.stopTimer();
    for (const segment of this.segments.values()) segment.close();
    this.segments.clear();
  }

  private enqueue(appended: Appended): void {
    this.waiting.push(appended);
    this.timer ??= setImmediate(() => this.flush());
  }

  private stopTimer(): void {
    clearImmediate(this.timer as NodeJS.Immediate | undefined);
    clearTimeout(this.timer as NodeJS.Timeout | undefined);
    this.timer = undefined;
  }

  /** Writes all or nothing, and calls back. Returns why it could not. */
  private tryToWrite(all: readonly Appended[]): Error | undefined {
    let places: Place[][];
    try {
      if (all.some(({ refused, records }) => refused && records.length > 0)) this.checkReserve();
      places = this.write(all);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    for (const [i, appended] of all.entries()) appended.written?.(places[i] ?? []);
    return undefined;
  }

  private checkReserve(): void {
    if (this.disk.freeBytes(this.folder) < RESERVED_DISK_BYTES) throw new Error('the disk is almost full');
  }

  private write(all: readonly Appended[]): Place[][] {
    if (all.every(({ records }) => records.length === 0)) return [];
    const segment = this.segmentForWriting();
    const chunks: Buffer[] = [];
    let at = segment.length;
    const places = all.map(({ records }) =>
      records.map(({ meta, payload }) => {
        const chunk = encodeRecord(meta, payload);
        const length = payload?.length ?? 0;
        chunks.push(chunk);
        at += chunk.length;
        return { segment: segment.number, offset: at - length, length };
      }),
    );
    segment.append(Buffer.concat(chunks), this.disk.write);
    return places;
  }

  private segmentForWriting(): Segment {
    if (!this.active || this.active.length >= this.segmentBytes) this.rotate();
    if (!this.active) throw new Error('the journal has no segment');
    return this.active;
  }

  private begin(segment: Segment): void {
    this.sealedBytes += this.active?.length ?? 0;
    this.segments.set(segment.number, segment);
    this.active = segment;
  }
}

const REAL_DISK: Disk = {
  write(fd, bytes, position) {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(fd, bytes, done, bytes.length - done, position + done);
    }
  },
  freeBytes(folder) {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  },
};
