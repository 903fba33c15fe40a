import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipFile {
  readonly name: string;
  readonly content: Uint8Array;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
/** Version 2.0 of the format: deflate. */
const VERSION = 20;
const UTF8_NAMES = 0x0800;
const DEFLATE = 8;

/** A zip archive of small files (APPNOTE.TXT 6.3, without the 64-bit extensions). `at`: their time, ms since 1970 UTC. */
export function zip(files: readonly ZipFile[], at: number): Uint8Array {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const fileName = Buffer.from(name);
    const packed = deflateRawSync(content);
    const facts = factsOf(content, packed, fileName.length, at);
    const header = Buffer.concat([uint32(LOCAL_HEADER), facts, fileName, packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([uint32(CENTRAL_HEADER), uint16(VERSION), facts, place, fileName]));
    local.push(header);
    offset += header.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([...local, directory, endOf(files.length, directory.length, offset)]);
}

/** What both headers say of a file: version, flags, method, time, date, checksum, sizes, lengths of name and extra field. */
function factsOf(content: Uint8Array, packed: Buffer, nameLength: number, at: number): Buffer {
  const [time, date] = dosTime(at);
  return Buffer.concat([
    ...[VERSION, UTF8_NAMES, DEFLATE, time, date].map(uint16),
    ...[crc32(content), packed.length, content.length].map(uint32),
    ...[nameLength, 0].map(uint16),
  ]);
}

function endOf(files: number, directoryBytes: number, offset: number): Buffer {
  return Buffer.concat([
    uint32(END_OF_DIRECTORY),
    ...[0, 0, files, files].map(uint16),
    ...[directoryBytes, offset].map(uint32),
    uint16(0),
  ]);
}

/** In UTC, by two seconds. */
function dosTime(at: number): readonly [time: number, date: number] {
  const moment = new Date(at);
  const seconds = Math.floor(moment.getUTCSeconds() / 2);
  const time = (moment.getUTCHours() << 11) | (moment.getUTCMinutes() << 5) | seconds;
  const date = ((moment.getUTCFullYear() - 1980) << 9) | ((moment.getUTCMonth() + 1) << 5) | moment.getUTCDate();
  return [time, date];
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
