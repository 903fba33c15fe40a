import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What clients send to commit: a simple query of PostgreSQL's, a batch of SQL Server's. */
const COMMITS = [Buffer.from('Q\0\0\0\u000bCOMMIT\0', 'latin1'), Buffer.from('COMMIT TRANSACTION', 'utf16le')];

/** When a connection is cut around a COMMIT: with it on its way, or with its answer. */
export type Cut = 'sent' | 'answered';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Stands between clients and a server, and breaks their connections in every way a network can. */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: Place;
  readonly #pairs = new Set<Pair>();
  #frozen = false;
  #refusing = false;
  #cut: () => Cut | null = () => null;

  private constructor(server: Server, target: Place) {
    this.#server = server;
    this.#target = target;
  }

  static async before(target: Place): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    server.on('connection', (client) => proxy.#accept(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections stay open and nothing passes from now on; new ones get no answer. */
  freeze(): void {
    this.#frozen = true;
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  thaw(): void {
    this.#frozen = false;
    for (const { client, server } of this.#pairs) {
      client.resume();
      server.resume();
    }
  }

  /** Resets all connections on both sides. */
  reset(): void {
    for (const pair of this.#pairs) resetBoth(pair);
  }

  /** Resets all connections, and each new one as long as `on`. */
  refuse(on: boolean): void {
    this.#refusing = on;
    if (on) this.reset();
  }

  /**
   * All connections are dead for their clients, who are told nothing, now or ever; new ones work. The server hears of the
   * end, or is told nothing either: then what these connections hold there stays locked until it gives them up by itself.
   */
  halfOpen(serverHears: boolean): void {
    for (const { client, server } of this.#pairs) {
      for (const end of [client, server]) end.removeAllListeners('data').on('data', () => undefined);
      server.removeAllListeners('close');
      if (serverHears) server.destroy();
    }
  }

  /** Asked at each COMMIT whether its connection is cut, and when; null: not this one. */
  cutCommits(choose: () => Cut | null): void {
    this.#cut = choose;
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const pair = { client, server: connect(this.#target) };
    this.#pairs.add(pair);
    client.on('data', (chunk) => this.#pass(pair, chunk));
    pair.server.on('data', (chunk) => client.write(chunk));
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      if (this.#frozen) from.pause();
    }
    client.on('close', () => this.#pairs.delete(pair));
  }

  #pass(pair: Pair, chunk: Buffer): void {
    const cut = COMMITS.some((commit) => chunk.includes(commit)) ? this.#cut() : null;
    if (cut === 'answered') {
      pair.server.removeAllListeners('data').once('data', () => resetBoth(pair));
    }
    pair.server.write(chunk, () => {
      if (cut === 'sent') resetBoth(pair);
    });
  }
}

function resetBoth({ client, server }: Pair): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}
