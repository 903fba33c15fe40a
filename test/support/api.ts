import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { HttpRequest, InvocationContext } from '@azure/functions';
import { handlerOf } from '../../functions/http/endpoint.ts';
import { ENDPOINTS } from '../../functions/http/endpoints.ts';
import { parseRouteTemplate } from '../../local/functions-host/http/route-template.ts';
import { FreshetError } from '../../shared/errors/error.ts';
import { runActivationStep, stepsOf } from '../../shared/export/profiles/activation.ts';
import { tokenRoles } from '../../shared/platform/identity/token-roles.ts';
import { ORGANIZATION_ID, TENANT_ID, World } from './world.ts';

/** Served beside the world's own organization, by the same source; for callers who administer another one. */
export const OTHER_ID = '99999999-9999-4999-8999-999999999999';
const ORGANIZATIONS = new Map(
  [
    [ORGANIZATION_ID, 'contoso'],
    [OTHER_ID, 'fabrikam'],
  ].map(([id = '', name]) => [id, { id, url: `https://${name}.crm.dynamics.com/`, tenantId: TENANT_ID }]),
);

const ROUTES = ENDPOINTS.map((endpoint) => ({ endpoint, template: parseRouteTemplate(`/${endpoint.route}`) })).sort(
  (a, b) => (a.template.precedence < b.template.precedence ? 1 : -1),
);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of the register of errors. */
  readonly code: string | null;
  /** Of whatever the caller expects. */
  // biome-ignore lint/suspicious/noExplicitAny: the answers of a whole API, looked into by tests
  readonly json: any;
}

export interface CallOptions {
  readonly body?: unknown;
  /** Organizations that the caller administers; null: no token. */
  readonly as?: readonly string[] | null;
}

/** The app's own handlers behind a real HTTP server, on a world in memory; activations run to their end before the answer. */
export class ApiUnderTest {
  readonly world = new World();
  readonly #server = createServer((request, response) => {
    void this.#answer(request.method ?? '', request.url ?? '', request.headers.authorization, buffer(request)).then(
      ({ status = 200, headers = {}, jsonBody }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(jsonBody === undefined ? '' : JSON.stringify(jsonBody));
      },
    );
  });
  readonly #ports = { ...this.world.ports, organizations: ORGANIZATIONS };

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  start(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Sends a request; the operation called must answer in the form that its description gives. */
  async call(method: string, path: string, { body, as = [ORGANIZATION_ID] }: CallOptions = {}): Promise<Answer> {
    const answer = await fetch(`${this.origin}/crm/exporter/${path}`, {
      method,
      headers: as ? { authorization: `Bearer ${as.join()}` } : {},
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const json = text === '' ? null : JSON.parse(text);
    return { status: answer.status, headers: answer.headers, text, json, code: answer.headers.get('X-Error-Code') };
  }

  async #answer(method: string, url: string, authorization: string | undefined, content: Promise<Buffer>) {
    const { href, pathname, searchParams } = new URL(url, this.origin);
    const body = await content;
    for (const { endpoint, template } of ROUTES) {
      const params = endpoint.method === method ? template.match(pathname) : undefined;
      if (!params) continue;
      const request = new HttpRequest({
        method,
        url: href,
        params,
        query: Object.fromEntries(searchParams),
        headers: authorization ? { authorization } : {},
        ...(body.length > 0 ? { body: { bytes: body } } : {}),
      });
      const answer = (await handlerOf(endpoint, this.#host)(request, new InvocationContext())) ?? {};
      if ('jsonBody' in answer && answer.status !== undefined && answer.status < 300) {
        // Also holds that nothing is answered which the description does not name.
        const described: unknown = endpoint.answer?.parse(answer.jsonBody);
        if (JSON.stringify(sorted(described)) !== JSON.stringify(sorted(answer.jsonBody)))
          throw new Error(`${endpoint.name} answers what its description does not name`);
      }
      return answer as { status?: number; headers?: Record<string, string>; jsonBody?: unknown };
    }
    return { status: 404 };
  }

  readonly #host = {
    app: () => ({
      ports: this.#ports,
      identity: {
        async verify(authorization: string | null) {
          const organizations = /^Bearer (.*)$/.exec(authorization ?? '')?.[1];
          if (organizations === undefined) throw new FreshetError('TOKEN_MISSING');
          const claims = { roles: ['SystemAdministrator'], organizations: organizations.split(',') };
          return { id: 'caller', tenantId: TENANT_ID, claims };
        },
        challenge: () => 'Bearer authorization_uri="https://login.example/authorize", resource_id="freshet"',
      },
      roles: tokenRoles,
      reachOf: () => Promise.reject(new Error('no notification arrives here')),
    }),
    startActivation: async (_context: InvocationContext, activation: Parameters<typeof runActivationStep>[1]) => {
      for (const step of stepsOf(activation)) await runActivationStep(this.#ports, activation, step);
    },
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
