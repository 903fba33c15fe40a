import { app } from '@azure/functions';
import { input as durableInput, getClient } from 'durable-functions';
import { ACTIVATE_PROFILE } from '../activate-profile.ts';
import { theApp } from '../app.ts';
import { type Host, handlerOf } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';

const durableClient = durableInput.durableClient();

const host: Host = {
  app: theApp,
  async startActivation(context, input) {
    await getClient(context).startNew(ACTIVATE_PROFILE, { instanceId: `activate-${input.intent}`, input });
  },
};

for (const endpoint of ENDPOINTS) {
  app.http(endpoint.name, {
    methods: [endpoint.method],
    route: endpoint.route,
    authLevel: 'anonymous',
    extraInputs: [durableClient],
    handler: handlerOf(endpoint, host),
  });
}
