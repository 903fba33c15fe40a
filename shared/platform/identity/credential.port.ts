/** Tokens with which Freshet itself calls other services; the shape that the Azure SDKs take. Errors: IDENTITY_UNAVAILABLE (retry). */
export interface Credential {
  /** A token for a scope such as `https://contoso.crm.dynamics.com/.default`; cached until shortly before it ends. */
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number }>;
}
