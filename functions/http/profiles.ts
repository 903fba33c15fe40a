import { getClient } from 'durable-functions';
import { requestActivation } from '../../shared/export/profiles/activation.ts';
import {
  createProfile,
  deactivateProfile,
  deleteProfile,
  getProfile,
  listProfiles,
  visibleProfile,
} from '../../shared/export/profiles/profiles.ts';
import { schemaHistory } from '../../shared/export/profiles/schema-history.ts';
import { ACTIVATE_PROFILE } from '../activate-profile.ts';
import { type Call, endpoint, jsonBody } from './api.ts';

const PROFILES = 'crm/exporter/profiles';
const PROFILE = `${PROFILES}/{id:guid}`;

endpoint({
  name: 'createProfile',
  method: 'POST',
  route: PROFILES,
  status: 201,
  handler: async ({ app, administered, request }) => createProfile(app.ports, administered, await jsonBody(request)),
});

endpoint({
  name: 'listProfiles',
  method: 'GET',
  route: PROFILES,
  handler: async ({ app, administered, query }) => {
    const organizationId = query('organizationId');
    return listProfiles(app.ports, administered, {
      ...(organizationId ? { organizationId } : {}),
      status: isTrue(query('status')),
    });
  },
});

endpoint({
  name: 'getProfile',
  method: 'GET',
  route: PROFILE,
  handler: async (call) => getProfile(call.app.ports, call.administered, idOf(call), isTrue(call.query('status'))),
});

endpoint({
  name: 'deleteProfile',
  method: 'DELETE',
  route: PROFILE,
  handler: async (call) => deleteProfile(call.app.ports, call.administered, idOf(call)),
});

/**
 * Checks first, so that what is wrong is told at once; the rest goes on durably. Overtaken by a later wish, it answers with
 * what that one made of the profile.
 */
endpoint({
  name: 'activate',
  method: 'POST',
  route: `${PROFILE}/activate`,
  handler: async (call) => {
    const { ports } = call.app;
    const profile = await visibleProfile(ports, call.administered, idOf(call));
    const input = await requestActivation(ports, profile);
    if (input)
      await getClient(call.context).startNew(ACTIVATE_PROFILE, { instanceId: `activate-${input.intent}`, input });
    return getProfile(ports, call.administered, profile.id, false);
  },
});

endpoint({
  name: 'deactivate',
  method: 'POST',
  route: `${PROFILE}/deactivate`,
  handler: async (call) => deactivateProfile(call.app.ports, call.administered, idOf(call)),
});

endpoint({
  name: 'schemaHistory',
  method: 'GET',
  route: `${PROFILE}/schemahistory`,
  handler: async (call) => schemaHistory(call.app.ports, call.administered, idOf(call)),
});

function idOf({ request }: Call): string {
  return (request.params.id ?? '').toLowerCase();
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}
