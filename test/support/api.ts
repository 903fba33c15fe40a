import type { InvocationContext } from '@azure/functions';
import { handlerOf } from '../../functions/http/endpoint.ts';
import { ENDPOINTS } from '../../functions/http/endpoints.ts';
import { FreshetError } from '../../shared/errors/error.ts';
import { runActivationStep, stepsOf } from '../../shared/export/profiles/activation.ts';
import { tokenRoles } from '../../shared/platform/identity/token-roles.ts';
import { type Answer, HandlerServer } from './handler-server.ts';
import { ORGANIZATION_ID, TENANT_ID, World } from './world.ts';

export type { Answer };

/** Served beside the world's own organization, by the same source; for callers who administer another one. */
export const OTHER_ID = '99999999-9999-4999-8999-999999999999';
const ORGANIZATIONS = new Map(
  [
    [ORGANIZATION_ID, 'contoso'],
    [OTHER_ID, 'fabrikam'],
  ].map(([id = '', name]) => [id, { id, url: `https://${name}.crm.dynamics.com/`, tenantId: TENANT_ID }]),
);

export interface CallOptions {
  readonly body?: unknown;
  /** Organizations that the caller administers; null: no token. */
  readonly as?: readonly string[] | null;
}

/** The export's handlers on a world in memory; activations run to their end before the answer. */
export class ApiUnderTest {
  readonly world = new World();
  readonly #ports = { ...this.world.ports, organizations: ORGANIZATIONS };
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
    }),
    startActivation: async (_context: InvocationContext, activation: Parameters<typeof runActivationStep>[1]) => {
      for (const step of stepsOf(activation)) await runActivationStep(this.#ports, activation, step);
    },
  };
  readonly #server = new HandlerServer(
    ENDPOINTS.map((operation) => ({
      operation,
      handler: handlerOf(operation, this.#host),
      shapeOf: ({ status = 200 }) => (status < 300 ? operation.answer : null),
    })),
  );

  get origin(): string {
    return this.#server.origin;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** Sends a request; the operation called must answer in the form that its description gives. */
  call(method: string, path: string, { body, as = [ORGANIZATION_ID] }: CallOptions = {}): Promise<Answer> {
    return this.#server.call(method, `crm/exporter/${path}`, as && `Bearer ${as.join()}`, body);
  }
}
