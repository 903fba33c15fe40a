import { HttpRequest, InvocationContext } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { type LcsApp, type LcsEndpoint, lcsHandlerOf } from '../../../../functions/http/lcs/endpoint.ts';
import { lcsResult } from '../../../../functions/http/lcs/shapes.ts';
import { FreshetError } from '../../../../shared/errors/error.ts';

const failing = (error: unknown) => answered(() => Promise.reject(error));

async function answered(handler: LcsEndpoint['handler']) {
  const endpoint: LcsEndpoint = {
    name: 'Test',
    method: 'GET',
    route: 'test/project/{projectId}',
    summary: '',
    answer: lcsResult,
    role: 'Reader',
    handler,
  };
  const logged: unknown[][] = [];
  const context = new InvocationContext({
    logHandler: (_level: unknown, ...line: unknown[]) => void logged.push(line),
  } as never);
  const app = {
    identity: { verify: async () => ({ id: 'a', tenantId: 't', claims: {} }), challenge: () => 'Bearer' },
    projectRoles: { roleIn: () => 'Reader' },
  } as unknown as LcsApp;
  const serve = lcsHandlerOf(endpoint, { app: () => app, drive: () => Promise.reject(new Error('no storage')) });
  const request = new HttpRequest({ method: 'GET', url: 'http://localhost/', params: { projectId: '1' } });
  return { answer: (await serve(request, context)) as { status?: number; jsonBody: object }, logged };
}

describe('an answer of Lifecycle Services', () => {
  it('tells what is registered with its cure, as no success, with 200', async () => {
    const { answer } = await failing(new FreshetError('EXPORT_NOT_SUPPORTED'));
    expect(answer.status).toBeUndefined();
    expect(answer.jsonBody).toMatchObject({
      IsSuccess: false,
      ErrorMessage: 'The export of a database to a file is not supported. Use the means of the database’s platform.',
    });
  });

  it('tells of anything else no more than the call’s id, and logs it', async () => {
    const { answer, logged } = await failing(new TypeError('geheim'));
    expect(JSON.stringify(answer)).not.toContain('geheim');
    expect(answer.jsonBody).toMatchObject({ IsSuccess: false });
    expect(logged).toHaveLength(1);
  });

  it('of a service that is away is no success either, and logged', async () => {
    const { answer, logged } = await failing(new FreshetError('CONTROL_UNAVAILABLE', { reason: 'no answer' }));
    expect(answer.jsonBody).toMatchObject({ IsSuccess: false, ErrorMessage: expect.stringContaining('tried again') });
    expect(logged).toHaveLength(1);
  });

  it('is a success when an operation has begun, though nobody could be told to drive it yet', async () => {
    const { answer, logged } = await answered(async (call) => {
      await call.drive('operation');
      return { OperationActivityId: 'operation' };
    });
    expect(answer.jsonBody).toMatchObject({ IsSuccess: true, OperationActivityId: 'operation' });
    expect(logged).toHaveLength(1);
  });
});
