import { StartFailure } from '../../support/failure.ts';
import { type AppFunction, hasTrigger, textOption } from '../app-function.ts';
import { parseRouteTemplate, type RouteTemplate } from './route-template.ts';

export type AuthLevel = 'anonymous' | 'function' | 'admin';

export interface Route {
  readonly fn: AppFunction;
  /** Upper case; empty means every method. */
  readonly methods: readonly string[];
  readonly authLevel: AuthLevel;
  readonly template: RouteTemplate;
}

export type RouteMatch =
  | { readonly kind: 'route'; readonly route: Route; readonly params: Record<string, string> }
  | { readonly kind: 'otherMethods'; readonly allowed: readonly string[] }
  | { readonly kind: 'none' };

/** The HTTP functions of an app, the most particular route first. */
export class RouteTable {
  readonly #routes: readonly Route[];

  constructor(functions: Iterable<AppFunction>, routePrefix: string) {
    const routes = [...functions].filter((fn) => hasTrigger(fn, 'httpTrigger')).map((fn) => toRoute(fn, routePrefix));
    this.#routes = routes.sort((a, b) => byPrecedence(a.template.precedence, b.template.precedence));
  }

  match(method: string, path: string): RouteMatch {
    const allowed = new Set<string>();
    for (const route of this.#routes) {
      const params = route.template.match(path);
      if (params === undefined) continue;
      if (route.methods.length === 0 || route.methods.includes(method)) return { kind: 'route', route, params };
      for (const other of route.methods) allowed.add(other);
    }
    return allowed.size > 0 ? { kind: 'otherMethods', allowed: [...allowed] } : { kind: 'none' };
  }
}

/** Segment by segment the more particular first; of `things` and `things/{id?}` the shorter. */
function byPrecedence(a: string, b: string): number {
  if (a.startsWith(b) || b.startsWith(a)) return a.length - b.length;
  return a < b ? 1 : -1;
}

function toRoute(fn: AppFunction, routePrefix: string): Route {
  const { methods } = fn.trigger;
  const own = textOption(fn.trigger, 'route') ?? fn.name;
  return {
    fn,
    methods: Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : [],
    authLevel: authLevelOf(fn),
    template: parseRouteTemplate(`${routePrefix}/${own}`),
  };
}

function authLevelOf(fn: AppFunction): AuthLevel {
  const level = textOption(fn.trigger, 'authLevel')?.toLowerCase() ?? 'anonymous';
  if (level === 'anonymous' || level === 'function' || level === 'admin') return level;
  throw new StartFailure(`the function ${fn.name} has the unknown authLevel "${level}"`, 'Correct it');
}
