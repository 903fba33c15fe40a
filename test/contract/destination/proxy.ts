import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a client and the server of `url` that can be made to fail. */
export interface FaultyNetwork {
  /** The same database, through this network. */
  readonly url: string;
  /** From now on no byte passes, and nobody is told: a peer behind a dead link. */
  freeze(): void;
  /** The connection that next sends this text is cut when the server answers it; the server has received it whole. */
  cutAnswerTo(text: string): void;
  close(): Promise<void>;
}

export async function faultyNetwork(url: string): Promise<FaultyNetwork> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let frozen = false;
  let closing = false;
  let cutOn: string | null = null;
  const server = createServer((client) => {
    if (closing) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    let cut = false;
    client.on('data', (bytes) => {
      if (frozen) return;
      if (cutOn !== null && bytes.includes(cutOn)) {
        cut = true;
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
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    freeze() {
      frozen = true;
    },
    cutAnswerTo(text) {
      cutOn = text;
    },
    async close() {
      closing = true;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
