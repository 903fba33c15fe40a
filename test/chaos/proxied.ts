import { placeOf, reachedThrough } from '../../local/databases/server.ts';
import { TcpProxy } from '../../local/support/tcp-proxy.ts';
import type { Site, Target } from './site.ts';

/** Two synchronized profiles, of which one reaches its database through the proxy. */
export interface Pair {
  readonly healthy: Target;
  readonly proxied: Target;
  readonly proxy: TcpProxy;
}

export async function withProxy<T>(site: Site, play: (pair: Pair) => Promise<T>): Promise<T> {
  const direct = await site.createDatabase('second');
  const proxy = await TcpProxy.before(placeOf(direct));
  try {
    const healthy = await site.addTarget('healthy', site.destination);
    const proxied = await site.addTarget('proxied', direct, reachedThrough(direct, proxy.port));
    await site.synced();
    return await play({ healthy, proxied, proxy });
  } finally {
    await proxy.close();
  }
}
