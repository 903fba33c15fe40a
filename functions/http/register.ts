import { app, type HttpHandler } from '@azure/functions';
import { input as durableInput, getClient } from 'durable-functions';
import { ACTIVATE_PROFILE } from '../activate-profile.ts';
import { theApp } from '../app.ts';
import { drive } from '../refresh-database.ts';
import { type Host, handlerOf } from './endpoint.ts';
import { ENDPOINTS, LCS_ENDPOINTS } from './endpoints.ts';
import { type LcsHost, lcsHandlerOf } from './lcs/endpoint.ts';
import type { Operation } from './operation.ts';

const durableClient = durableInput.durableClient();

const host: Host = {
  app: theApp,
  async startActivation(context, input) {
    await getClient(context).startNew(ACTIVATE_PROFILE, { instanceId: `activate-${input.intent}`, input });
  },
};
const lcsHost: LcsHost = { app: theApp, drive };

for (const endpoint of ENDPOINTS) register(endpoint, handlerOf(endpoint, host));
for (const endpoint of LCS_ENDPOINTS) register(endpoint, lcsHandlerOf(endpoint, lcsHost));

function register({ name, method, route }: Operation, handler: HttpHandler): void {
  app.http(name, { methods: [method], route, authLevel: 'anonymous', extraInputs: [durableClient], handler });
}
