import { app } from '@azure/functions';
import { theApp } from '../app.ts';
import { readiness } from '../readiness.ts';

/** The two answers that need no token. */
app.http('challenge', {
  methods: ['GET'],
  route: 'crm/exporter/aad/challenge',
  authLevel: 'anonymous',
  handler: async () => ({ status: 401, headers: { 'WWW-Authenticate': theApp().identity.challenge() } }),
});

app.http('health', {
  methods: ['GET'],
  route: 'api/health',
  authLevel: 'anonymous',
  handler: async () => {
    const checks = await readiness();
    const ready = Object.values(checks).every((state) => state === 'ok');
    const counters = ready ? await theApp().ports.control.organizations.counters() : {};
    return { status: ready ? 200 : 503, jsonBody: { status: ready ? 'ready' : 'starting', checks, counters } };
  },
});
