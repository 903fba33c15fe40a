import type { Onlooker } from '../../local/databases/onlooker.ts';
import { placeOf, reachedThrough } from '../../local/databases/server.ts';
import { TcpProxy } from '../../local/support/tcp-proxy.ts';
import type { Site, Target } from './site.ts';

/** Two synchronized profiles, of which one reaches its database through the proxy. */
export interface Pair {
  readonly healthy: Target;
  readonly proxied: Target;
  readonly proxy: TcpProxy;
  /** Sessions of their server hold each other up, whatever database they are in: one that hangs is then everybody's trouble. */
  readonly entangled: boolean;
}

export async function withProxy<T>(site: Site, play: (pair: Pair) => Promise<T>): Promise<T> {
  const direct = await site.createDatabase('second');
  const proxy = await TcpProxy.before(placeOf(direct));
  try {
    const healthy = await site.addTarget('healthy', site.destination);
    const proxied = await site.addTarget('proxied', direct, reachedThrough(direct, proxy.port));
    await site.synced();
    return await play({ healthy, proxied, proxy, entangled: await isEntangled(healthy.onlooker) });
  } finally {
    await proxy.close();
  }
}

/**
 * Babelfish, as it comes: its sessions share the numbers of temporary tables, and who drops one in a transaction locks its number
 * until the end. With numbers of their own they let each other be; so do those of SQL Server.
 */
async function isEntangled({ kind, query }: Onlooker): Promise<boolean> {
  if (kind !== 'sqlserver') return false;
  const [server] = await query<{ version: string | null }>(
    "SELECT CAST(SERVERPROPERTY('BabelfishVersion') AS nvarchar(30)) AS version",
  );
  if (!server?.version) return false;
  const [shared] = await query<{ numbers: string }>(
    "SELECT current_setting('babelfishpg_tsql.temp_oid_buffer_size') AS numbers",
  );
  return shared?.numbers !== '0';
}
