import { parseAddress } from '../../sql/sqlserver/address.ts';

/** A logical server of Azure SQL as the resource manager names it. */
export interface ServerResource {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly server: string;
}

const RESOURCE = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Sql\/servers\/([^/]+)\/?$/i;

/** Null for text that is no id of a server. */
export function parseServerId(id: string): ServerResource | null {
  const [, subscriptionId, resourceGroup, server] = RESOURCE.exec(id.trim()) ?? [];
  return subscriptionId && resourceGroup && server ? { subscriptionId, resourceGroup, server } : null;
}

export function databaseId({ subscriptionId, resourceGroup, server }: ServerResource, name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Sql/servers/${server}/databases/${name}`;
}

const HOST = /^([a-z0-9-]+)\.database\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)$/i;

/** The logical server that a connection string names; null for any other server (a managed instance's host has one more part). */
export function logicalServerOf(connection: string): string | null {
  return HOST.exec(parseAddress(connection).host)?.[1]?.toLowerCase() ?? null;
}
