import { resyncFailedRecords } from '../../shared/export/failures/resync.ts';
import { endpoint } from './api.ts';

/** What the original's pages did without a documented operation. */
endpoint({
  name: 'resyncFailedRecords',
  method: 'POST',
  route: 'crm/exporter/profiles/{id:guid}/resyncfailed',
  handler: async ({ app, administered, request, query }) =>
    resyncFailedRecords(app.ports, {
      administered,
      profileId: (request.params.id ?? '').toLowerCase(),
      entity: query('entity') || undefined,
    }),
});
