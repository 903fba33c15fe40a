import {
  app,
  type HttpMethod,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from '@azure/functions';
import { input as durableInput } from 'durable-functions';
import { FreshetError, isFreshetError } from '../../shared/errors/error.ts';
import { httpStatus } from '../../shared/errors/register.ts';
import type { Caller } from '../../shared/platform/identity/port.ts';
import { theApp } from '../app.ts';
import type { App } from '../compose.ts';

/** What a handler gets: the caller is known and administers at least one organization. */
export interface Call {
  readonly app: App;
  readonly caller: Caller;
  readonly administered: readonly string[];
  readonly request: HttpRequest;
  readonly context: InvocationContext;
  /** A query parameter, its name in any letter case. */
  readonly query: (name: string) => string | undefined;
}

export interface Endpoint {
  readonly name: string;
  readonly method: HttpMethod;
  readonly route: string;
  readonly status?: number;
  /** Its result is the JSON of the answer; undefined: no content. */
  readonly handler: (call: Call) => Promise<unknown>;
}

const durableClient = durableInput.durableClient();

/** Registers an endpoint for System Administrators. Errors are answered from the register, in the original's three fields. */
export function endpoint({ name, method, route, status = 200, handler }: Endpoint): void {
  app.http(name, {
    methods: [method],
    route,
    authLevel: 'anonymous',
    extraInputs: [durableClient],
    handler: (request, context) =>
      answered(context, async () => {
        const result = await handler(await callOf(request, context));
        return result === undefined ? { status: 204 } : { status, jsonBody: result };
      }),
  });
}

async function callOf(request: HttpRequest, context: InvocationContext): Promise<Call> {
  const composed = theApp();
  const caller = await composed.identity.verify(request.headers.get('authorization'));
  const administered = await composed.roles.administers(caller, [...composed.ports.organizations.keys()]);
  if (administered.length === 0) throw new FreshetError('NOT_ADMINISTRATOR');
  const parameters = new Map([...request.query].map(([key, value]) => [key.toLowerCase(), value]));
  return { app: composed, caller, administered, request, context, query: (key) => parameters.get(key.toLowerCase()) };
}

/** Runs work whose errors become answers; what is not registered is logged, and told as no more than a correlation id. */
async function answered(context: InvocationContext, work: () => Promise<HttpResponseInit>): Promise<HttpResponseInit> {
  try {
    return await work();
  } catch (error) {
    return failure(context, error);
  }
}

function failure(context: InvocationContext, error: unknown): HttpResponseInit {
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
  const headers: Record<string, string> = status === 401 ? { 'WWW-Authenticate': theApp().identity.challenge() } : {};
  return {
    status,
    headers,
    jsonBody: { CorrelationId: correlation, Code: error.code, Message: error.message, Details: error.remedy },
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
