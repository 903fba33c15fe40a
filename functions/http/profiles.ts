import { z } from 'zod';
import { requestActivation, type Scope } from '../../shared/export/profiles/activation.ts';
import { testProfile, validateBody } from '../../shared/export/profiles/examine.ts';
import { profileBody } from '../../shared/export/profiles/profile-body.ts';
import {
  createProfile,
  deactivateProfile,
  deleteProfile,
  getProfile,
  listProfiles,
  visibleProfile,
} from '../../shared/export/profiles/profiles.ts';
import { replaceProfile } from '../../shared/export/profiles/replace.ts';
import { schemaHistory } from '../../shared/export/profiles/schema-history.ts';
import { statistics } from '../../shared/export/profiles/statistics.ts';
import { type Call, type Endpoint, isTrue, jsonBody } from './endpoint.ts';
import { profile, schemaEvent, statistics as statisticsShape, testResult } from './shapes.ts';

export const PROFILES = 'crm/exporter/profiles';
export const PROFILE = `${PROFILES}/{id:guid}`;

const STATUS = { status: 'true: with the status of the profile and of each entity.' };

/** The original's operations on profiles. */
export const PROFILE_ENDPOINTS: readonly Endpoint[] = [
  {
    name: 'Profiles_GetProfilesByOrganizationId',
    method: 'GET',
    route: PROFILES,
    summary: 'The profiles that the caller may see.',
    query: { organizationId: 'Only those of this organization.', ...STATUS },
    answer: z.array(profile),
    handler: async ({ app, administered, query }) => {
      const organizationId = query('organizationId');
      const status = isTrue(query('status'));
      return listProfiles(app.ports, administered, { ...(organizationId ? { organizationId } : {}), status });
    },
  },
  {
    name: 'Profiles_CreateProfile',
    method: 'POST',
    route: PROFILES,
    summary: 'Stores a new profile; nothing is connected to yet.',
    body: profileBody,
    answer: profile,
    status: 201,
    handler: async ({ app, administered, request }) => createProfile(app.ports, administered, await jsonBody(request)),
  },
  {
    name: 'Profiles_ValidateBeforeProfileCreation',
    method: 'POST',
    route: `${PROFILES}/validate`,
    summary: 'Checks a profile without storing it. An error names everything found at once.',
    body: profileBody,
    answer: testResult,
    handler: async ({ app, administered, request }) => validateBody(app.ports, administered, await jsonBody(request)),
  },
  {
    name: 'Profiles_GetProfileById',
    method: 'GET',
    route: PROFILE,
    summary: 'One profile.',
    query: STATUS,
    answer: profile,
    handler: async (call) => getProfile(call.app.ports, call.administered, idOf(call), isTrue(call.query('status'))),
  },
  {
    name: 'Profiles_UpdateProfile',
    method: 'PUT',
    route: PROFILE,
    summary: 'Replaces a profile; an active one starts and stops entities at once.',
    body: profileBody,
    answer: profile,
    handler: async (call) => {
      const { ports } = call.app;
      const body = await jsonBody(call.request);
      const activation = await replaceProfile(ports, call.administered, idOf(call), body);
      if (activation) await call.startActivation(activation);
      return getProfile(ports, call.administered, idOf(call), false);
    },
  },
  {
    name: 'Profiles_DeleteProfileById',
    method: 'DELETE',
    route: PROFILE,
    summary: 'Removes a profile with its failures and retries; what it made in the destination stays.',
    answer: null,
    handler: async (call) => deleteProfile(call.app.ports, call.administered, idOf(call)),
  },
  activating('Profiles_Activate', 'activate', 'all', 'Checks the profile and starts to export.'),
  activating('Profiles_ActivateMetadata', 'activatemetadata', 'metadata', 'Makes the tables alone; no row is read.'),
  activating('Profiles_ActivateData', 'activatedata', 'all', 'Starts to export; tables that are missing are made.'),
  {
    name: 'Profiles_Deactivate',
    method: 'POST',
    route: `${PROFILE}/deactivate`,
    summary: 'Stops a profile at once; activated again, it goes on without loss.',
    answer: profile,
    handler: async (call) => deactivateProfile(call.app.ports, call.administered, idOf(call)),
  },
  {
    name: 'Profiles_GetTestResultById',
    method: 'GET',
    route: `${PROFILE}/test`,
    summary: 'What the checks of an activation would find now; always 200.',
    answer: testResult,
    handler: async (call) => testProfile(call.app.ports, call.administered, idOf(call)),
  },
  {
    name: 'Profiles_GetStatistics',
    method: 'GET',
    route: `${PROFILE}/statistics`,
    summary: 'Totals, failures, lag, rows per second and percent of the initial synchronization.',
    answer: statisticsShape,
    handler: async (call) => statistics(call.app.ports, call.administered, idOf(call)),
  },
  {
    name: 'Profiles_GetSchemaHistory',
    method: 'GET',
    route: `${PROFILE}/schemahistory`,
    summary: 'How the definitions of the profile’s entities changed while they were exported, oldest first.',
    answer: z.array(schemaEvent),
    handler: async (call) => schemaHistory(call.app.ports, call.administered, idOf(call)),
  },
];

/**
 * Checks first, so that what is wrong is told at once; the rest goes on durably. Overtaken by a later wish, it answers with
 * what that one made of the profile.
 */
function activating(name: string, path: string, scope: Scope, summary: string): Endpoint {
  return {
    name,
    method: 'POST',
    route: `${PROFILE}/${path}`,
    summary,
    answer: profile,
    handler: async (call) => {
      const { ports } = call.app;
      const found = await visibleProfile(ports, call.administered, idOf(call));
      const activation = await requestActivation(ports, found, scope);
      if (activation) await call.startActivation(activation);
      return getProfile(ports, call.administered, found.id, false);
    },
  };
}

export function idOf({ request }: Call): string {
  return (request.params.id ?? '').toLowerCase();
}
