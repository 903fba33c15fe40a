/** Shared access signatures, as clients put them to `$cbs`, and what they entitle a connection to. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { unauthorized } from '../errors.ts';
import type { AccessKey, Right } from '../keys.ts';

interface Claim {
  readonly path: string;
  readonly rights: readonly Right[];
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** The path of an entity in `sb://host/path`, lower case; '' is the whole namespace. */
export const pathOf = (audience: string): string =>
  audience
    .replace(/^[a-z]+:\/\/[^/]*/i, '')
    .replace(/\/?\$management\/?$/i, '')
    .replace(/^\/+|\/+$/g, '')
    .toLowerCase();

const covers = (outer: string, inner: string): boolean =>
  outer === '' || inner === outer || inner.startsWith(`${outer}/`);

/**
 * Reads `SharedAccessSignature sr=…&sig=…&se=…&skn=…`. The signature is over `sr` as it stands, still escaped, and `se`
 * (seconds since 1970), by the key as it stands, not Base64-decoded.
 * @throws BrokerError amqp:unauthorized-access
 */
export function claimOf(token: string, audience: string, keys: readonly AccessKey[], now: number): Claim {
  const fields = new Map<string, string>();
  for (const field of token.replace(/^SharedAccessSignature /, '').split('&')) {
    const equals = field.indexOf('=');
    fields.set(field.slice(0, equals), field.slice(equals + 1));
  }
  const resource = fields.get('sr') ?? '';
  const expiry = fields.get('se') ?? '';
  const name = unescaped(fields.get('skn') ?? '');
  const key = keys.find((candidate) => candidate.name === name);
  const expected = createHmac('sha256', key?.key ?? '')
    .update(`${resource}\n${expiry}`)
    .digest();
  const given = Buffer.from(unescaped(fields.get('sig') ?? ''), 'base64');
  if (!key || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw unauthorized('The token is not signed with a key of this broker.');
  }
  const until = Number(expiry) * 1000;
  if (!(until > now)) throw unauthorized('The token has expired.');
  const path = pathOf(audience);
  if (!covers(pathOf(unescaped(resource)), path)) {
    throw unauthorized(`The token is for another entity than '${path}'.`);
  }
  return { path, rights: key.rights, until };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unauthorized('The token cannot be read.');
  }
}

/** What one connection has put tokens for. */
export class Claims {
  private readonly claims = new Map<string, Claim>();

  put(claim: Claim): void {
    this.claims.set(claim.path, claim);
  }

  /** @throws BrokerError amqp:unauthorized-access */
  demand(path: string, right: Right, now: number): void {
    for (const claim of this.claims.values()) {
      if (claim.until > now && covers(claim.path, path.toLowerCase()) && claim.rights.includes(right)) return;
    }
    throw unauthorized(`There is no valid token with the right to ${right} for '${path}'.`);
  }
}
