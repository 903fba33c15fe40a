import type { Duplex } from 'node:stream';
import type pg from 'pg';

/**
 * Runs `out` (COPY … TO STDOUT) on one connection and `into` (COPY … FROM STDIN) on another, and hands what comes from
 * the first to the second as it comes: both directions have the same messages, so the rows need not be looked at, only the
 * lengths of the messages that they come in. Slows the reader to the writer's pace. After a rejection, with the error as
 * pg throws it, neither connection may be used again.
 */
export async function forwardRows(
  reader: pg.ClientBase,
  out: string,
  writer: pg.ClientBase,
  into: string,
): Promise<void> {
  const target = new CopyIn(into);
  writer.query(target);
  await target.ready;
  const source = new CopyOut(out, target);
  reader.query(source);
  // The writer's own error would otherwise be heard of only when the reader has come to its end.
  await Promise.race([source.done, target.done]);
  target.end();
  await target.done;
}

const CODES = { copyData: 0x64, copyDone: 0x63, error: 0x45 } as const;
/** A message's code and its length, which counts itself but not the code. */
const HEADER_BYTES = 5;
const CODE_BYTES = 1;

/** What pg asks of something that is queried: these are called as the server's messages arrive. */
abstract class Copying {
  readonly text: string;
  readonly done: Promise<void>;
  protected connection: pg.Connection | undefined;
  protected readonly finish: () => void;
  protected readonly fail: (error: unknown) => void;

  constructor(text: string) {
    this.text = text;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.finish = resolve;
    this.fail = reject;
    // Whoever awaits it hears of it; nobody else has to.
    promise.catch(() => undefined);
  }

  submit(connection: pg.Connection): void {
    this.connection = connection;
    connection.query(this.text);
  }

  handleError(error: unknown): void {
    this.fail(error);
  }

  handleReadyForQuery(): void {
    this.finish();
  }

  handleCommandComplete(): void {}
}

class CopyIn extends Copying {
  readonly ready: Promise<void>;
  readonly #begin: () => void;

  constructor(text: string) {
    super(text);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = Promise.race([promise, this.done]);
    this.#begin = resolve;
  }

  handleCopyInResponse(): void {
    this.#begin();
  }

  /** False: the peer is slower than we are; `drained` says when it has caught up. */
  write(messages: Buffer): boolean {
    return this.connection?.stream.write(messages) ?? true;
  }

  drained(then: () => void): void {
    this.connection?.stream.once('drain', then);
  }

  end(): void {
    this.connection?.stream.write(Buffer.from([CODES.copyDone, 0, 0, 0, HEADER_BYTES - CODE_BYTES]));
  }
}

class CopyOut extends Copying {
  readonly #target: CopyIn;
  /** Bytes of the message under way that have not come yet, and whether it is one of rows. */
  #missing = 0;
  #isData = false;
  /** The beginning of a header that the end of a chunk cut off. */
  #cut: Buffer = Buffer.alloc(0);
  #parse: ((chunk: Buffer) => void) | undefined;

  constructor(text: string, target: CopyIn) {
    super(text);
    this.#target = target;
  }

  override submit(connection: pg.Connection): void {
    const { stream } = connection;
    // While rows come the stream is ours; pg's own parser gets it back with the first message after them.
    this.#parse = stream.listeners('data')[0] as (chunk: Buffer) => void;
    stream.removeListener('data', this.#parse);
    stream.on('data', this.#onData);
    super.submit(connection);
  }

  readonly #onData = (piece: Buffer): void => {
    const chunk = this.#cut.length > 0 ? Buffer.concat([this.#cut, piece]) : piece;
    this.#cut = Buffer.alloc(0);
    let at = 0;
    let begin = 0;
    while (at < chunk.length) {
      if (this.#missing === 0) {
        const code = chunk[at];
        const isData = code === CODES.copyData;
        if (isData !== this.#isData) {
          this.#pass(chunk, begin, at);
          begin = at;
          this.#isData = isData;
        }
        if (code === CODES.copyDone || code === CODES.error) {
          this.#giveBack(chunk.subarray(at));
          return;
        }
        if (chunk.length - at < HEADER_BYTES) {
          this.#pass(chunk, begin, at);
          this.#cut = chunk.subarray(at);
          return;
        }
        this.#missing = CODE_BYTES + chunk.readUInt32BE(at + CODE_BYTES);
      }
      const step = Math.min(this.#missing, chunk.length - at);
      this.#missing -= step;
      at += step;
    }
    this.#pass(chunk, begin, at);
  };

  #pass(chunk: Buffer, begin: number, end: number): void {
    if (!this.#isData || begin === end) return;
    if (this.#target.write(chunk.subarray(begin, end))) return;
    const stream = this.#stream();
    stream?.pause();
    this.#target.drained(() => stream?.resume());
  }

  #giveBack(rest: Buffer): void {
    const stream = this.#stream();
    if (!stream || !this.#parse) return;
    stream.removeListener('data', this.#onData);
    stream.on('data', this.#parse);
    this.#parse(rest);
  }

  #stream(): Duplex | undefined {
    return this.connection?.stream;
  }
}
