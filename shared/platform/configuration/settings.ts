import { z } from 'zod';
import { SecretText } from './secret-text.ts';

// The checks of single settings. Their messages complete "The setting … cannot be used: …" and never repeat the value.

const MISSING = { error: 'it is missing' };

export const secret = z.string(MISSING).transform((text) => new SecretText(text));

/** A PostgreSQL URL with a database, or an ADO.NET connection string that names a server. */
export const databaseAddress = z
  .string(MISSING)
  .refine((text) => isPostgresUrl(text) || /(?:^|;)\s*(?:server|data source)\s*=/i.test(text), {
    error: 'it is neither a PostgreSQL URL nor a connection string with a server',
  })
  .transform((text) => new SecretText(text));

function isPostgresUrl(text: string): boolean {
  const url = parsed(text);
  return url !== null && /^postgres(?:ql)?:$/.test(url.protocol) && url.pathname.length > 1;
}

export const hostName = z.string().regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i, { error: 'it is not a host name' });

function isLoopback({ hostname }: URL): boolean {
  return hostname === '127.0.0.1' || hostname === 'localhost';
}

function parsed(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** An https URL without user information, query or fragment; http on this machine only, for local parts. */
export const serviceUrl = z.string(MISSING).refine(
  (text) => {
    const url = parsed(text);
    if (!url || url.username || url.password || url.search || url.hash || /["\s\\]/.test(text)) return false;
    return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  },
  { error: 'it is not an https URL (or http on 127.0.0.1)' },
);

/** A service URL that is nothing but scheme, host and port; a slash at its end is dropped. */
export const origin = serviceUrl
  .refine((text) => (parsed(text)?.pathname ?? '/') === '/', { error: 'it holds more than scheme and host' })
  .transform((text) => new URL(text).origin);

export const list = z.string(MISSING).transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const SQL_SERVER_ID = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Sql\/servers\/[^/]+$/i;

export const azureSqlServers = list.refine((ids) => ids.every((id) => SQL_SERVER_ID.test(id)), {
  error: 'it is not a comma-separated list of /subscriptions/…/resourceGroups/…/providers/Microsoft.Sql/servers/…',
});

const HOST_AND_PORT = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?:([1-9][0-9]{0,4})$/;

export const hostsWithPort = list
  .transform((hosts) => hosts.map((host) => host.toLowerCase()))
  .refine((hosts) => hosts.every((host) => Number(HOST_AND_PORT.exec(host)?.[1]) <= 65_535), {
    error: 'it is not a comma-separated list of host:port',
  });

export const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= from && Number(text) <= to, {
      error: `it is not a whole number from ${from} to ${to}`,
    })
    .transform(Number);

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, { error: `it is none of ${words.join(', ')}` });

export const flag = z
  .enum(['true', 'false'], { error: 'it is neither true nor false' })
  .transform((text) => text === 'true');

const guid = z.guid({ error: 'it is not a GUID' }).transform((text) => text.toLowerCase());

const organization = z.object({ id: guid, url: origin, tenantId: guid }, { error: 'it is not an object' });

/** An entity's feed belongs to one organization: two entries of one id or address would read it twice. */
export const organizations = z
  .string(MISSING)
  .transform((text, context) => jsonOf(text) ?? refused(context, 'it is not JSON'))
  .pipe(
    z
      .array(organization, { error: 'it is not a JSON array' })
      .min(1, { error: 'it names no organization' })
      .refine((items) => areDistinct(items.map(({ id }) => id)), { error: 'an id occurs twice' })
      .refine((items) => areDistinct(items.map(({ url }) => url)), { error: 'a url occurs twice' }),
  );

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

const areDistinct = (items: readonly string[]): boolean => new Set(items).size === items.length;
