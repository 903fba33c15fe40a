import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a client and a server that can be made to fail. */
export interface FaultyNetwork {
  /** Where the server is reached through this network, on 127.0.0.1. */
  readonly port: number;
  /** From now on no byte passes, and nobody is told: a peer behind a dead link. */
  freeze(): void;
  /** The connection that next sends this text is cut when the server answers it; the server has received it whole. */
  cutAnswerTo(text: string | Buffer): void;
  /** The connection that next sends something for the n-th time from now on (1: the next time) is cut like that. */
  cutAt(n: number): void;
  /** Whether what was to be cut was met. */
  readonly hasCut: boolean;
  close(): Promise<void>;
}

/** What is given is read at once: it may be an address that is changed afterwards. */
export async function faultyNetwork(target: { hostname: string; port: string | number }): Promise<FaultyNetwork> {
  const { hostname, port } = target;
  const sockets = new Set<Socket>();
  let frozen = false;
  let closing = false;
  let cutOn: string | Buffer | null = null;
  let sendsLeft = 0;
  let hasCut = false;
  const server = createServer((client) => {
    if (closing) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(port), hostname);
    let cut = false;
    client.on('data', (bytes) => {
      if (frozen) return;
      const isAt = sendsLeft > 0 && --sendsLeft === 0;
      if (isAt || (cutOn !== null && bytes.includes(cutOn))) {
        cut = true;
        hasCut = true;
        cutOn = null;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (cut) client.destroy();
      else if (!frozen) client.write(bytes);
    });
    for (const [socket, peer] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        if (!frozen) peer.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get hasCut() {
      return hasCut;
    },
    freeze() {
      frozen = true;
    },
    cutAnswerTo(text) {
      cutOn = text;
    },
    cutAt(n) {
      sendsLeft = n;
      hasCut = false;
    },
    async close() {
      closing = true;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
