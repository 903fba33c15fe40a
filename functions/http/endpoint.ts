import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import { FreshetError, isFreshetError } from '../../shared/errors/error.ts';
import { httpStatus } from '../../shared/errors/register.ts';
import type { Activation } from '../../shared/export/profiles/activation.ts';
import type { Caller } from '../../shared/platform/identity/port.ts';
import type { App } from '../compose.ts';
import type { Operation } from './operation.ts';

/** What the handlers of the export use of the app. */
export type ExportApp = Pick<App, 'ports' | 'identity' | 'roles'>;

/** What a handler gets: the caller is known and administers at least one organization. */
export interface Call {
  readonly app: ExportApp;
  readonly caller: Caller;
  readonly administered: readonly string[];
  readonly request: HttpRequest;
  /** A query parameter, its name in any letter case. */
  readonly query: (name: string) => string | undefined;
  /** Lets an activation go on durably. */
  readonly startActivation: (activation: Activation) => Promise<void>;
}

/** One operation of the export's API. */
export interface Endpoint extends Operation {
  readonly answer: z.ZodType | null;
  readonly handler: (call: Call) => Promise<unknown>;
}

/** What the handlers need of the process that runs them. */
export interface Host {
  /** The app, wired at its first use. */
  readonly app: () => ExportApp;
  readonly startActivation: (context: InvocationContext, activation: Activation) => Promise<void>;
}

/** Serves an endpoint to System Administrators. Errors are answered from the register, in the original's three fields. */
export function handlerOf({ status = 200, answer, handler }: Endpoint, host: Host): HttpHandler {
  return async (request, context) => {
    try {
      const result = await handler(await callOf(host, request, context));
      return answer === null ? { status: 204 } : { status, jsonBody: result };
    } catch (error) {
      return failure(host, context, error);
    }
  };
}

async function callOf(host: Host, request: HttpRequest, context: InvocationContext): Promise<Call> {
  const app = host.app();
  const caller = await app.identity.verify(request.headers.get('authorization'));
  const administered = await app.roles.administers(caller, [...app.ports.organizations.keys()]);
  if (administered.length === 0) throw new FreshetError('NOT_ADMINISTRATOR');
  const parameters = new Map([...request.query].map(([key, value]) => [key.toLowerCase(), value]));
  return {
    app,
    caller,
    administered,
    request,
    query: (name) => parameters.get(name.toLowerCase()) || undefined,
    startActivation: (activation) => host.startActivation(context, activation),
  };
}

/** Which of the codes of docs/errors.md it is. */
export const ERROR_CODE_HEADER = 'X-Error-Code';

/** What is not registered is logged, and told as no more than a correlation id. */
function failure(host: Host, context: InvocationContext, error: unknown): HttpResponseInit {
  const correlation = context.invocationId;
  if (!isFreshetError(error)) {
    context.error(`unexpected error ${correlation}`, error);
    return {
      status: 500,
      jsonBody: {
        CorrelationId: correlation,
        Message: 'Something unexpected went wrong.',
        Details: 'Look for the correlation id in the log.',
      },
    };
  }
  const status = httpStatus(error.code);
  if (status >= 500) context.warn(`${error.code} ${correlation}: ${error.message}`);
  const signIn: Record<string, string> = status === 401 ? { 'WWW-Authenticate': host.app().identity.challenge() } : {};
  return {
    status,
    // The code is no field: the original's body has these three.
    headers: { ...signIn, [ERROR_CODE_HEADER]: error.code },
    jsonBody: { CorrelationId: correlation, Message: error.message, Details: error.remedy },
  };
}

export async function jsonBody(request: HttpRequest): Promise<unknown> {
  const text = await request.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new FreshetError('BODY_NOT_JSON');
  }
}

export function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}
