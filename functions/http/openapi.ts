import { z } from 'zod';
import { ERROR_CODE_HEADER } from './endpoint.ts';
import type { Operation } from './operation.ts';
import { error } from './shapes.ts';

type Json = Record<string, unknown>;

/** A parameter of a route, and its constraint. */
const PARAMETER = /\{(\w+)(?::(\w+))?\}/g;

/** The OpenAPI 3.1 description of these operations, made from their zod schemas; named ones become components. */
export function openApi(endpoints: readonly Operation[]): Json {
  const schemas = new Schemas();
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = `/${endpoint.route.replace(PARAMETER, '{$1}')}`;
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint, schemas) };
  }
  const failure = schemas.of(error, 'output');
  return {
    openapi: '3.1.0',
    info: {
      title: 'Freshet',
      version: '1.0',
      description:
        'The control API of the retired Data Export Service and the Database Movement API of Lifecycle Services, and what the pages of both did beyond them.',
    },
    security: [{ bearer: [] }],
    paths: { ...PUBLIC_PATHS, ...paths },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      responses: {
        Error: {
          description: 'What, and what to do about it.',
          headers: {
            [ERROR_CODE_HEADER]: { description: 'One of the codes of docs/errors.md.', schema: { type: 'string' } },
          },
          content: jsonContent(failure),
        },
      },
      schemas: schemas.named,
    },
  };
}

/** What needs no token; see public.ts. */
const PUBLIC_PATHS = {
  '/crm/exporter/aad/challenge': {
    get: {
      operationId: 'challenge',
      summary: 'Where to sign in.',
      security: [],
      responses: { 401: { description: 'WWW-Authenticate names authorization_uri and resource_id.' } },
    },
  },
  '/api/health': {
    get: {
      operationId: 'health',
      summary: 'Whether the whole pipeline is ready.',
      security: [],
      responses: { 200: { description: 'It is.' }, 503: { description: 'The codes say what is not.' } },
    },
  },
  '/api/openapi.json': {
    get: {
      operationId: 'openApi',
      summary: 'This description.',
      security: [],
      responses: { 200: { description: 'OpenAPI 3.1.' } },
    },
  },
};

function operation(described: Operation, schemas: Schemas): Json {
  const { name, summary, route, query = {}, body, answer, status = 200, refusal } = described;
  const parameters = [
    ...[...route.matchAll(PARAMETER)].map(([, parameter, constraint]) => ({
      name: parameter,
      in: 'path',
      required: true,
      schema: { type: 'string', ...(constraint === 'guid' ? { format: 'uuid' } : {}) },
    })),
    ...Object.entries(query).map(([parameter, description]) => ({
      name: parameter,
      in: 'query',
      description,
      schema: { type: 'string' },
    })),
  ];
  return {
    operationId: name,
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: jsonContent(schemas.of(body, 'input')) } } : {}),
    responses: {
      [answer === null ? 204 : status]:
        answer === null ? { description: 'Done.' } : { description: 'Done.', content: contentOf(answer, schemas) },
      default: refusal
        ? {
            description: 'IsSuccess is false, with the status 200; 401 without a valid token, 429 for too many calls.',
            content: jsonContent(schemas.of(refusal, 'output')),
          }
        : { $ref: '#/components/responses/Error' },
    },
  };
}

function contentOf(answer: z.ZodType | string, schemas: Schemas): Json {
  return typeof answer === 'string' ? { [answer]: {} } : jsonContent(schemas.of(answer, 'output'));
}

function jsonContent(schema: Json): Json {
  return { 'application/json': { schema } };
}

/** JSON schemas whose named parts are kept once, as components. */
class Schemas {
  readonly named: Record<string, Json> = {};

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $schema: _,
      $defs = {},
      ...json
    } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json & {
      $defs?: Record<string, Json>;
    };
    for (const [name, definition] of Object.entries($defs)) this.named[name] = moved(definition);
    const { id, ...rest } = json as Json & { id?: string };
    if (id === undefined) return moved(rest);
    this.named[id] = moved(rest);
    return { $ref: `#/components/schemas/${id}` };
  }
}

/** References as OpenAPI keeps them; a component's name is its key. */
function moved(json: Json): Json {
  const text = JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { id: _, ...rest } = JSON.parse(text) as Json;
  return rest;
}
