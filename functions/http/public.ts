import { app } from '@azure/functions';
import { theApp } from '../app.ts';
import { makeHealth } from '../readiness.ts';
import { OPERATIONS } from './endpoints.ts';
import { openApi } from './openapi.ts';

/** The answers that need no token. */
app.http('challenge', {
  methods: ['GET'],
  route: 'crm/exporter/aad/challenge',
  authLevel: 'anonymous',
  handler: async () => ({ status: 401, headers: { 'WWW-Authenticate': theApp().identity.challenge() } }),
});

app.http('openApi', {
  methods: ['GET'],
  route: 'api/openapi.json',
  authLevel: 'anonymous',
  handler: async () => ({ jsonBody: openApi(OPERATIONS) }),
});

const health = makeHealth(() => theApp().ports);

app.http('health', {
  methods: ['GET'],
  route: 'api/health',
  authLevel: 'anonymous',
  handler: (_request, context) => health((check, error) => context.error(`health check ${check} failed: ${error}`)),
});
