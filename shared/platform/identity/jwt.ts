import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import { ExpiringCache } from '../clock/expiring.ts';
import { reasonOf } from '../reason.ts';
import { fetchJson, type Http } from './fetch-json.ts';
import { type Issuer, issuerOf } from './issuer.ts';
import type { Caller, Identity } from './port.ts';

export interface JwtIdentityOptions extends Http {
  /** The issuer's URL; its keys are found by its openid-configuration. */
  readonly issuer: string;
  /** The values of `aud` that are accepted; the first is the resource that clients ask tokens for. */
  readonly audiences: readonly string[];
}

/** Signatures that only the issuer can make. With `none` or `HS256` anybody could who knows the public key. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_S = 60;
/** The issuer's advice: look for new keys once a day, and at once when a token names an unknown one. */
const KEYS_MS = 24 * 60 * 60_000;
/** Tokens with invented key ids make us ask the issuer at most this often. */
const UNKNOWN_KEY_PAUSE_MS = 30_000;
const KEYS_REQUEST_MS = 10_000;

/** Tokens of an OpenID Connect issuer: Entra ID, or the local one. */
export class JwtIdentity implements Identity {
  readonly #options: JwtIdentityOptions;
  readonly #issuer: Issuer;
  readonly #keys: ExpiringCache<JWTVerifyGetKey>;

  constructor(options: JwtIdentityOptions) {
    this.#options = options;
    this.#issuer = issuerOf(options.issuer);
    this.#keys = new ExpiringCache(options.clock);
  }

  async verify(authorization: string | null): Promise<Caller> {
    const token = /^Bearer +(\S+)\s*$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new FreshetError('TOKEN_MISSING');
    try {
      const { payload } = await jwtVerify(token, (header, input) => this.#key(header, input), {
        issuer: [...this.#issuer.names],
        audience: [...this.#options.audiences],
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(this.#options.clock.now()),
      });
      return callerOf(payload);
    } catch (error) {
      throw classified(error);
    }
  }

  challenge(): string {
    return `Bearer authorization_uri="${this.#issuer.authorizationUrl}", resource_id="${this.#options.audiences[0]}"`;
  }

  /** Rejects with IDENTITY_UNAVAILABLE when the issuer's keys cannot be had: then nothing is known about the token. */
  async #key(...token: Parameters<JWTVerifyGetKey>): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
    try {
      const keys = await this.#keys.get(this.#options.issuer, () => this.#discover());
      return await keys(...token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new FreshetError('IDENTITY_UNAVAILABLE', { reason: reasonOf(error) }, error);
    }
  }

  async #discover() {
    const { issuer, jwks_uri } = await fetchJson(this.#options, this.#issuer.configurationUrl);
    if (!this.#issuer.names.includes(String(issuer))) throw new Error(`its configuration names the issuer ${issuer}`);
    const keysUrl = new URL(String(jwks_uri), this.#options.issuer);
    if (keysUrl.protocol !== 'https:' && keysUrl.origin !== new URL(this.#options.issuer).origin) {
      throw new Error('its keys are not offered over https');
    }
    const value = createRemoteJWKSet(keysUrl, {
      cacheMaxAge: Number.POSITIVE_INFINITY,
      cooldownDuration: UNKNOWN_KEY_PAUSE_MS,
      timeoutDuration: KEYS_REQUEST_MS,
      [customFetch]: (url, init) => this.#options.fetch(url, init),
    });
    return { value, until: this.#options.clock.now() + KEYS_MS };
  }
}

function callerOf(claims: JWTPayload): Caller {
  const { oid, sub, tid } = claims;
  // `sub` is another one for each application in Entra ID; other issuers know nothing but it.
  const id = oid ?? sub;
  if (typeof id !== 'string' || id === '') throw new FreshetError('TOKEN_INVALID', { reason: 'it names no caller' });
  return { id, tenantId: typeof tid === 'string' ? tid : '', claims };
}

function classified(error: unknown): FreshetError {
  if (isFreshetError(error)) return error;
  if (error instanceof errors.JWTExpired) return new FreshetError('TOKEN_EXPIRED', {}, error);
  return new FreshetError('TOKEN_INVALID', { reason: reasonOf(error) }, error);
}
