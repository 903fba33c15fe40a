import { StartFailure } from '../../support/failure.ts';
import { type Constraint, parseConstraint } from './route-constraint.ts';

/** A route of ASP.NET's template language, as far as Functions apps use it, ready to match paths. */
export interface RouteTemplate {
  /** Values of the parameters that the path has, URL-decoded; undefined when the path is another one. */
  match(path: string): Record<string, string> | undefined;
  /** One digit per segment, the most particular kind highest; routes are tried in descending order. */
  readonly precedence: string;
}

interface Parameter {
  readonly name: string;
  readonly constraints: readonly Constraint[];
}

interface Segment {
  /** Matches the segment with the slash before it. */
  readonly pattern: string;
  readonly parameters: readonly Parameter[];
  readonly rank: 1 | 2 | 3 | 4 | 5;
}

const PARAMETER = /\{(\*{0,2})(\w+)((?::\w+(?:\([^)]*\))?)*)(\?)?\}/g;

/** Throws on what the template language has and this host has not (defaults, `regex`), so that no route is half right. */
export function parseRouteTemplate(template: string): RouteTemplate {
  const segments = template
    .split('/')
    .filter((text) => text !== '')
    .map((text) => parseSegment(text, template));
  const pattern = new RegExp(`^${segments.map((segment) => segment.pattern).join('')}/?$`, 'i');
  const parameters = segments.flatMap((segment) => segment.parameters);
  return {
    precedence: segments.map((segment) => segment.rank).join(''),
    match(path) {
      const found = pattern.exec(path);
      return found ? readParameters(parameters, found.slice(1)) : undefined;
    },
  };
}

function parseSegment(text: string, template: string): Segment {
  const found = [...text.matchAll(PARAMETER)];
  if (/[{}]/.test(text.replace(PARAMETER, '')))
    throw new StartFailure(`the route "${template}" is not understood at "${text}"`, 'Write it without that');
  if (found.length === 0) return { pattern: `/${escapePattern(text)}`, parameters: [], rank: 5 };

  const parameters = found.map((match) => toParameter(match, template));
  const [first] = found;
  const alone = found.length === 1 && first?.[0] === text;
  if (alone && first?.[1]) return { pattern: '(?:/(.*))?', parameters, rank: 1 };
  if (alone && first?.[4]) return { pattern: '(?:/([^/]+))?', parameters, rank: rankOf(parameters) };
  if (alone) return { pattern: '/([^/]+)', parameters, rank: rankOf(parameters) };
  const literals = text.split(PARAMETER_SPLIT).map((literal) => escapePattern(literal));
  return { pattern: `/${literals.join('([^/]+?)')}`, parameters, rank: 4 };
}

/** PARAMETER without its groups, which `split` would put between the literals. */
const PARAMETER_SPLIT = /\{[^}]*\}/;

function rankOf([parameter]: readonly Parameter[]): 2 | 3 {
  return parameter !== undefined && parameter.constraints.length > 0 ? 3 : 2;
}

function toParameter(match: RegExpExecArray, template: string): Parameter {
  const [, , name = '', constraints = ''] = match;
  const texts = constraints.split(':').filter((text) => text !== '');
  return { name, constraints: texts.map((text) => parseConstraint(text, template)) };
}

function readParameters(
  parameters: readonly Parameter[],
  texts: readonly (string | undefined)[],
): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  for (const [index, { name, constraints }] of parameters.entries()) {
    const text = texts[index];
    if (text === undefined || text === '') continue;
    const value = decode(text);
    if (!constraints.every((holds) => holds(value))) return undefined;
    values[name] = value;
  }
  return values;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
