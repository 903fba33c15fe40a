export type Role = 'SystemAdministrator' | 'ProjectOwner' | 'EnvironmentManager' | 'Reader';

/** Who a verified token speaks for. */
export interface Caller {
  /** The user's or application's object id. */
  readonly id: string;
  readonly tenantId: string;
  /** Claims of the token that a role source may need; verified, not interpreted. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Checks bearer tokens. Errors: TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED (all 401), IDENTITY_UNAVAILABLE (503, retry). */
export interface Identity {
  /** Issuer, audience, expiry and signature of the `Authorization` header's token. */
  verify(authorization: string | null): Promise<Caller>;
  /** The value of `WWW-Authenticate` in a 401: authority and resource for sign-in libraries. */
  challenge(): string;
}

/** Which role a caller has where. Locally the token's own lists; with Entra ID the caller's Dataverse roles by object id. */
export interface Roles {
  /**
   * The organizations, out of `candidates` (ids), in which the caller is System Administrator. Those that do not answer are
   * left out; IDENTITY_UNAVAILABLE (503, retry) when none answers.
   */
  administers(caller: Caller, candidates: readonly string[]): Promise<string[]>;
}

/** What may be done in a project of Lifecycle Services: an owner also keeps the registry; a reader only looks. */
export type ProjectRole = Extract<Role, 'ProjectOwner' | 'EnvironmentManager' | 'Reader'>;

/** The roles of callers in projects, as verified tokens tell them. */
export interface ProjectRoles {
  /** The highest one; null when the caller has none in that project. */
  roleIn(caller: Caller, projectId: number): ProjectRole | null;
}
