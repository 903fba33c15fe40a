import { randomUUID } from 'node:crypto';
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import type { CallLimit } from '../../../shared/control/calls.port.ts';
import type { Person } from '../../../shared/control/operation.ts';
import { FreshetError, isFreshetError } from '../../../shared/errors/error.ts';
import { type ErrorCode, httpStatus } from '../../../shared/errors/register.ts';
import type { Caller, Identity, ProjectRole, ProjectRoles } from '../../../shared/platform/identity/port.ts';
import type { RefreshPorts } from '../../../shared/refresh/ports.ts';
import type { Operation } from '../operation.ts';
import { VERSION_EOL } from './shapes.ts';

/** What the handlers of the Lifecycle Services API use of the app. */
export interface LcsApp {
  readonly refresh: RefreshPorts;
  readonly identity: Identity;
  readonly projectRoles: ProjectRoles;
}

/** What a handler gets: the caller is known and has the endpoint's role in the project. */
export interface LcsCall {
  readonly app: LcsApp;
  readonly caller: Caller;
  /** The caller, for what is kept of who did something. */
  readonly person: Person;
  readonly role: ProjectRole;
  readonly projectId: number;
  readonly request: HttpRequest;
  /** An id in the path; what cannot be one names nothing. */
  readonly param: (name: string) => string;
  /** A query parameter, its name in any letter case. */
  readonly query: (name: string) => string | undefined;
  /** Lets an operation go on durably. Never rejects: what cannot be begun now, a timer finds. */
  readonly drive: (operationId: string) => Promise<void>;
}

/** One operation of the Lifecycle Services API, or of those beside it in its style. */
export interface LcsEndpoint extends Operation {
  /** Who may call it, at least. */
  readonly role: ProjectRole;
  /** How often; more is answered with 429. */
  readonly limits?: (call: LcsCall) => readonly CallLimit[];
  /**
   * What the answer holds beside its frame, and the frame's `OperationActivityId` where it is an operation's; or a file.
   */
  readonly handler: (call: LcsCall) => Promise<object | Download>;
}

/** A file instead of JSON. */
export class Download {
  readonly content: string | Uint8Array;
  readonly mediaType: string;
  readonly fileName: string;

  constructor(content: string | Uint8Array, mediaType: string, fileName: string) {
    this.content = content;
    this.mediaType = mediaType;
    this.fileName = fileName;
  }
}

/** What the handlers need of the process that runs them. */
export interface LcsHost {
  readonly app: () => LcsApp;
  readonly drive: (context: InvocationContext, operationId: string) => Promise<void>;
}

const RANK: Readonly<Record<ProjectRole, number>> = { Reader: 1, EnvironmentManager: 2, ProjectOwner: 3 };

/**
 * Serves an endpoint as the original did: always 200, and `IsSuccess` says whether it went well; but 401 for whoever is not
 * known, and 429 with `retry-after` for whoever calls too often.
 */
export function lcsHandlerOf(endpoint: LcsEndpoint, host: LcsHost): HttpHandler {
  return async (request, context) => {
    const callId = randomUUID();
    try {
      const call = await callOf(endpoint, host, request, context);
      await throttle(endpoint, call);
      const result = await endpoint.handler(call);
      return result instanceof Download ? download(result) : { jsonBody: { ...frame(callId), ...result } };
    } catch (error) {
      return failure(host, context, callId, error);
    }
  };
}

function frame(callId: string) {
  return { IsSuccess: true, OperationActivityId: callId, ErrorMessage: null, VersionEOL: VERSION_EOL };
}

async function callOf(
  { role: needed }: LcsEndpoint,
  host: LcsHost,
  request: HttpRequest,
  context: InvocationContext,
): Promise<LcsCall> {
  const app = host.app();
  const caller = await app.identity.verify(request.headers.get('authorization'));
  const projectId = projectOf(request.params.projectId ?? '');
  const role = app.projectRoles.roleIn(caller, projectId);
  if (role === null || RANK[role] < RANK[needed]) throw new FreshetError('PROJECT_ROLE_MISSING', { role: needed });
  const parameters = new Map([...request.query].map(([key, value]) => [key.toLowerCase(), value]));
  return {
    app,
    caller,
    person: { id: caller.id, name: nameOf(caller) },
    role,
    projectId,
    request,
    param: (name) => idOf(name, request.params[name] ?? ''),
    query: (name) => parameters.get(name.toLowerCase()) || undefined,
    drive: (operationId) =>
      host.drive(context, operationId).catch((error: unknown) => {
        context.warn(`operation ${operationId} is not driven yet`, error);
      }),
  };
}

const ID = /^[0-9a-z-]{1,64}$/i;

function idOf(name: string, text: string): string {
  if (ID.test(text)) return text;
  const shown = text.slice(0, 64);
  if (name === 'operationActivityId') throw new FreshetError('OPERATION_NOT_FOUND', { operationId: shown });
  if (name === 'scheduleId') throw new FreshetError('SCHEDULE_NOT_FOUND', { scheduleId: shown });
  throw new FreshetError('ENVIRONMENT_NOT_FOUND', { environmentId: shown });
}

/** As the token calls the caller; the id for want of a name. */
function nameOf({ id, claims }: Caller): string {
  const name = [claims.preferred_username, claims.upn, claims.name].find((claim) => typeof claim === 'string');
  return typeof name === 'string' && name !== '' ? name : id;
}

const PROJECT = /^[1-9]\d{0,14}$/;

function projectOf(text: string): number {
  if (!PROJECT.test(text)) throw new FreshetError('PROJECT_UNKNOWN', { project: text });
  return Number(text);
}

async function throttle({ limits }: LcsEndpoint, call: LcsCall): Promise<void> {
  const waitMs = limits ? await call.app.refresh.control.calls.admit(limits(call)) : 0;
  if (waitMs > 0) throw new FreshetError('TOO_MANY_CALLS', { seconds: Math.ceil(waitMs / 1000) });
}

function download({ content, mediaType, fileName }: Download): HttpResponseInit {
  return {
    body: content,
    headers: { 'content-type': mediaType, 'content-disposition': `attachment; filename="${fileName}"` },
  };
}

/** A body that may be left out. BODY_NOT_JSON, or the code, with every field that is wrong. */
export async function readBody<T extends z.ZodType>(
  request: HttpRequest,
  schema: T,
  code: 'BODY_INVALID' | 'ENVIRONMENT_INVALID' = 'BODY_INVALID',
): Promise<z.output<T>> {
  const text = await request.text();
  const { data, error } = schema.safeParse(text === '' ? {} : parse(text));
  if (!error) return data;
  const details = error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ');
  throw new FreshetError(code, { details });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FreshetError('BODY_NOT_JSON');
  }
}

/** The original's own words, which its clients look for. */
const WITHOUT_REMEDY: ReadonlySet<ErrorCode> = new Set(['REFRESH_LIMIT_REACHED']);

function messageOf(error: FreshetError): string {
  return WITHOUT_REMEDY.has(error.code) ? error.message : `${error.message} ${error.remedy}`;
}

/** What is not registered is logged, and told as no more than the call's id. */
function failure(host: LcsHost, context: InvocationContext, callId: string, error: unknown): HttpResponseInit {
  const known = isFreshetError(error) ? error : null;
  if (!known) context.error(`unexpected error ${callId}`, error);
  else if (known.class === 'retry' || known.class === 'bug') context.warn(`${known.code} ${callId}: ${known.message}`);
  const message = known
    ? messageOf(known)
    : 'Something unexpected went wrong. Look for the id of this call in the log.';
  const jsonBody = { ...frame(callId), IsSuccess: false, ErrorMessage: message };
  const status = known ? httpStatus(known.code) : 200;
  if (status === 401) return { status, jsonBody, headers: { 'WWW-Authenticate': host.app().identity.challenge() } };
  if (status === 429) return { status, jsonBody, headers: { 'Retry-After': String(known?.values.seconds) } };
  return { jsonBody };
}
