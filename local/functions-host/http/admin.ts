import type { TimerListener } from '../timer/listener.ts';
import type { Endpoint, EndpointRequest, EndpointResponse } from './front.ts';

/**
 * The administration API as far as somebody on this machine needs it: `POST /admin/functions/<timer>` runs a timer now
 * (it never overlaps with a run of its schedule), `GET /admin/functions` lists the functions. Needs the master key.
 */
export function adminEndpoint(timers: ReadonlyMap<string, TimerListener>, functionNames: readonly string[]): Endpoint {
  return {
    prefix: '/admin/functions',
    scope: 'admin',
    handle: ({ method, path }: EndpointRequest): EndpointResponse => {
      const name = decodeURIComponent(path.replace(/^\//, ''));
      if (name === '' && method === 'GET') return { status: 200, json: functionNames.map((one) => ({ name: one })) };
      const timer = timers.get(name);
      if (timer === undefined) return { status: 404 };
      if (method !== 'POST') return { status: 405 };
      timer.runNow();
      return { status: 202 };
    },
  };
}
