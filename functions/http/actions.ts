import { z } from 'zod';
import { resyncFailedRecords } from '../../shared/export/failures/resync.ts';
import { drop, failuresUrl, pause, type Request, resync } from '../../shared/export/profiles/actions.ts';
import { lastReconciliation, reconcile } from '../../shared/export/reconcile/request.ts';
import { type Call, type Endpoint, isTrue } from './endpoint.ts';
import { idOf, PROFILE } from './profiles.ts';
import { affected, reconciliation, resynced } from './shapes.ts';

const ONE_ENTITY = { entity: 'Only this one, by its logical name.' };

type Action = (call: Call, request: Request) => Promise<string[]>;

/** What the original's pages could do without a documented operation, and the address of the failures. */
export const ACTION_ENDPOINTS: readonly Endpoint[] = [
  {
    name: 'Profiles_GetProfileFailuresInfoById',
    method: 'GET',
    route: `${PROFILE}/failures`,
    summary: 'The address of the profile’s failures, readable by a storage client for 24 hours.',
    answer: z.url(),
    handler: async (call) => failuresUrl(call.app.ports, requestOf(call)),
  },
  {
    name: 'Profiles_ResyncFailed',
    method: 'POST',
    route: `${PROFILE}/resyncfailed`,
    summary: 'Tries failed records again.',
    query: ONE_ENTITY,
    answer: resynced,
    handler: async (call) => resyncFailedRecords(call.app.ports, requestOf(call)),
  },
  {
    name: 'Profiles_Reconcile',
    method: 'POST',
    route: `${PROFILE}/reconcile`,
    summary: 'Begins to compare the tables with the organization, row by row; one under way is given up.',
    query: { ...ONE_ENTITY, heal: 'true: what differs is resynchronized.' },
    answer: reconciliation,
    status: 202,
    handler: async (call) => reconcile(call.app.ports, requestOf(call), isTrue(call.query('heal'))),
  },
  {
    name: 'Profiles_GetReconciliation',
    method: 'GET',
    route: `${PROFILE}/reconcile`,
    summary: 'What the last reconciliation found, as far as it has come.',
    answer: reconciliation,
    handler: async (call) => lastReconciliation(call.app.ports, call.administered, idOf(call)),
  },
  action('resync', 'Reads the entities as a whole again.', ({ app }, request) => resync(app.ports, request)),
  action('pause', 'Lets tables stand still.', ({ app }, request) => pause(app.ports, request, true)),
  action('resume', 'Lets tables go on from where they stand.', ({ app }, request) => pause(app.ports, request, false)),
  action(
    'drop',
    'Drops the tables of a profile that is not active, or of an entity that was removed from it.',
    (call, request) => drop(call.app.ports, request),
  ),
];

function action(path: string, summary: string, run: Action): Endpoint {
  return {
    name: `Profiles_${path.charAt(0).toUpperCase()}${path.slice(1)}`,
    method: 'POST',
    route: `${PROFILE}/${path}`,
    summary,
    query: ONE_ENTITY,
    answer: affected,
    handler: async (call) => ({ Entities: await run(call, requestOf(call)) }),
  };
}

function requestOf(call: Call): Request {
  return { administered: call.administered, profileId: idOf(call), entity: call.query('entity') };
}
