/**
 * One file of the journal: records one after the other. A record is
 * `meta length (4 bytes) | payload length (4) | CRC-32 of all the rest (4) | meta (JSON) | payload`, numbers big-endian.
 */
import { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, unlinkSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { StartFailure } from '../../support/failure.ts';

const HEAD_BYTES = 12;

/** Writes all of `bytes` at `position`, or throws. */
export type WriteAt = (fd: number, bytes: Buffer, position: number) => void;

export interface FoundRecord {
  readonly meta: string;
  readonly payload: Buffer;
  /** Where the payload begins in the file. */
  readonly offset: number;
}

export function encodeRecord(meta: string, payload: Buffer | undefined): Buffer {
  const metaBytes = Buffer.byteLength(meta);
  const record = Buffer.allocUnsafe(HEAD_BYTES + metaBytes + (payload?.length ?? 0));
  record.writeUInt32BE(metaBytes, 0);
  record.writeUInt32BE(payload?.length ?? 0, 4);
  record.write(meta, HEAD_BYTES);
  payload?.copy(record, HEAD_BYTES + metaBytes);
  record.writeUInt32BE(checksum(record), 8);
  return record;
}

export class Segment {
  readonly number: number;
  readonly path: string;
  /** Where the next record goes. */
  length: number;
  private readonly fd: number;

  constructor(path: string, number: number) {
    this.path = path;
    this.number = number;
    this.fd = openSync(path, constants.O_RDWR | constants.O_CREAT);
    this.length = fstatSync(this.fd).size;
  }

  /**
   * Calls `visit` with each whole record. A record that is not whole ends the segment: a crash leaves one behind at the
   * end of the file that was being written (`last`), and it is cut off. Elsewhere it means damage.
   */
  scan(visit: (record: FoundRecord) => void, last: boolean): void {
    const bytes = Buffer.alloc(this.length);
    readFully(this.fd, bytes, 0);
    let at = 0;
    for (let next = recordAt(bytes, at); next; next = recordAt(bytes, at)) {
      visit(next);
      at = next.offset + next.payload.length;
    }
    if (at === this.length) return;
    if (!last) throw new StartFailure(`${this.path} is damaged at byte ${at}`, 'Delete the folder it is in');
    this.truncate(at);
  }

  /** All or nothing. */
  append(bytes: Buffer, write: WriteAt): void {
    try {
      write(this.fd, bytes, this.length);
    } catch (error) {
      this.truncate(this.length);
      throw error;
    }
    this.length += bytes.length;
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    readFully(this.fd, bytes, offset);
    return bytes;
  }

  sync(): void {
    fdatasyncSync(this.fd);
  }

  close(): void {
    closeSync(this.fd);
  }

  delete(): void {
    closeSync(this.fd);
    unlinkSync(this.path);
  }

  private truncate(length: number): void {
    ftruncateSync(this.fd, length);
    this.length = length;
  }
}

function recordAt(bytes: Buffer, at: number): FoundRecord | undefined {
  if (at + HEAD_BYTES > bytes.length) return undefined;
  const metaBytes = bytes.readUInt32BE(at);
  const offset = at + HEAD_BYTES + metaBytes;
  const end = offset + bytes.readUInt32BE(at + 4);
  if (end > bytes.length) return undefined;
  const record = bytes.subarray(at, end);
  if (metaBytes === 0 || record.readUInt32BE(8) !== checksum(record)) return undefined;
  return { meta: bytes.toString('utf8', at + HEAD_BYTES, offset), payload: bytes.subarray(offset, end), offset };
}

const checksum = (record: Buffer): number => crc32(record.subarray(HEAD_BYTES), crc32(record.subarray(0, 8)));

function readFully(fd: number, into: Buffer, position: number): void {
  for (let done = 0; done < into.length; ) {
    const read = readSync(fd, into, done, into.length - done, position + done);
    if (read === 0) throw new Error('the journal is shorter than it was');
    done += read;
  }
}
