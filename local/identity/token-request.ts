import { z } from 'zod';
import type { Role } from '../../shared/platform/identity/port.ts';
import { HttpError } from '../support/http.ts';

const ROLES = ['SystemAdministrator', 'ProjectOwner', 'EnvironmentManager', 'Reader'] as const satisfies Role[];
const DEFAULT_SUBJECT = '5d1f0c7a-3b2e-4f6d-8a9b-0c1d2e3f4a5b';
/** The subject of tokens for Freshet's own calls. */
const FRESHET_SUBJECT = '9b8a7c6d-5e4f-4a3b-9c2d-1e0f9a8b7c6d';
const DEFAULT_LIFETIME_S = 3600;
const DAY_S = 86_400;

/** What a token says; the issuer adds its own name and the times. */
export interface TokenContent {
  readonly audience: string;
  readonly subject: string;
  /** What people call the subject. */
  readonly name?: string | undefined;
  readonly tenant: string;
  readonly lifetimeS: number;
  /** Absent for tokens of services. */
  readonly roles?: readonly string[];
  /** Absent: all. */
  readonly organizations?: readonly string[];
  /** Absent: all. */
  readonly projects?: readonly string[];
}

/** What is meant when a request leaves it out. */
export interface TokenDefaults {
  readonly audience: string;
  readonly tenant: string;
}

const text = z.string().min(1);

const PersonRequest = z.strictObject({
  roles: z.array(z.enum(ROLES)),
  organizations: z.array(text).optional(),
  projects: z.array(text).optional(),
  tenant: text.optional(),
  /** Nothing or less makes a token that has expired, to see how that is refused. */
  lifetimeS: z
    .int()
    .min(-DAY_S)
    .max(30 * DAY_S)
    .default(DEFAULT_LIFETIME_S),
  audience: text.optional(),
  subject: text.default(DEFAULT_SUBJECT),
  name: text.optional(),
});

/** Reads the JSON request for a person's token. 400, naming the field, when it is not of that form. */
export function readPersonRequest(body: string, defaults: TokenDefaults): TokenContent {
  const parsed = PersonRequest.safeParse(parseJson(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : fieldOf(issue?.path ?? []);
    throw badRequest('invalid_request', `${field}: ${issue?.message}`);
  }
  return {
    ...parsed.data,
    audience: parsed.data.audience ?? defaults.audience,
    tenant: parsed.data.tenant ?? defaults.tenant,
  };
}

/** Reads the client-credentials grant of OAuth 2.0, by which services get tokens for one another. */
export function readServiceRequest(form: URLSearchParams, defaults: TokenDefaults): TokenContent {
  const grant = form.get('grant_type');
  if (grant !== 'client_credentials') {
    throw badRequest('unsupported_grant_type', `grant_type: must be client_credentials, not ${grant}`);
  }
  const [, audience] = /^(\S+)\/\.default$/.exec(form.get('scope') ?? '') ?? [];
  if (!audience) throw badRequest('invalid_scope', 'scope: must be <resource>/.default');
  return { audience, subject: FRESHET_SUBJECT, tenant: defaults.tenant, lifetimeS: DEFAULT_LIFETIME_S };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest('invalid_request', 'body: is not JSON');
  }
}

/** `roles[0]`; the object itself is the body. */
function fieldOf(path: readonly PropertyKey[]): string {
  const [first = 'body', ...rest] = path;
  return [String(first), ...rest.map((key) => `[${String(key)}]`)].join('');
}

/** The form of https://www.rfc-editor.org/rfc/rfc6749#section-5.2. */
function badRequest(error: string, description: string): HttpError {
  return new HttpError(400, { error, error_description: description });
}
