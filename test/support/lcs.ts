import { LCS_ENDPOINTS } from '../../functions/http/endpoints.ts';
import { lcsHandlerOf } from '../../functions/http/lcs/endpoint.ts';
import { lcsResult } from '../../functions/http/lcs/shapes.ts';
import { FreshetError } from '../../shared/errors/error.ts';
import { tokenProjectRoles } from '../../shared/platform/identity/token-roles.ts';
import { type Answer, HandlerServer } from './handler-server.ts';
import { RefreshWorld, type RefreshWorldOptions } from './refresh-world.ts';

/** Who calls, as the claims of a token. */
export interface Who {
  readonly id?: string;
  readonly roles: readonly string[];
  readonly projects?: readonly (string | number)[];
}

export const OLGA: Who = { id: 'olga', roles: ['ProjectOwner'] };
export const MAX: Who = { id: 'max', roles: ['EnvironmentManager'] };
export const RITA: Who = { id: 'rita', roles: ['Reader'] };

/** The handlers of Lifecycle Services on a world in memory; what they begin waits until it is driven. */
export class LcsUnderTest {
  readonly world: RefreshWorld;
  readonly #begun: string[] = [];
  readonly #server: HandlerServer;

  constructor(options?: RefreshWorldOptions) {
    this.world = new RefreshWorld(options);
    const app = () => ({
      refresh: this.world.ports,
      projectRoles: tokenProjectRoles,
      identity: {
        async verify(authorization: string | null) {
          const claims = /^Bearer (.*)$/.exec(authorization ?? '')?.[1];
          if (claims === undefined) throw new FreshetError('TOKEN_MISSING');
          const { id = 'somebody', ...rest } = JSON.parse(claims) as Who;
          return { id, tenantId: 'tenant', claims: { ...rest, name: id } };
        },
        challenge: () => 'Bearer authorization_uri="https://login.example/authorize", resource_id="freshet"',
      },
    });
    const drive = async (_context: unknown, operationId: string) => void this.#begun.push(operationId);
    this.#server = new HandlerServer(
      LCS_ENDPOINTS.map((operation) => ({
        operation,
        handler: lcsHandlerOf(operation, { app, drive }),
        shapeOf: ({ jsonBody }) => {
          const wanted = jsonBody?.IsSuccess === true ? operation.answer : lcsResult;
          return typeof wanted === 'string' ? null : wanted;
        },
      })),
    );
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** Sends a request; null: without a token. */
  call(method: string, path: string, { as = OLGA, body }: { as?: Who | null; body?: unknown } = {}): Promise<Answer> {
    return this.#server.call(method, path, as && `Bearer ${JSON.stringify(as)}`, body);
  }

  /** Takes the steps of everything that was begun. */
  async drive(): Promise<void> {
    for (const id of this.#begun.splice(0)) await this.world.driven(id);
  }
}
