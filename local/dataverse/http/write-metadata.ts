import { DataverseError } from '../model/errors.ts';
import { parseBody } from './read-body.ts';
import type { Answer, ApiRequest, Site } from './site.ts';

/** `PUT EntityDefinitions(LogicalName='…')`: switches change tracking on; it cannot be switched off again. */
export async function writeMetadata(site: Site, request: ApiRequest): Promise<Answer> {
  if (request.method !== 'PUT')
    throw new DataverseError(
      405,
      '0x80060888',
      `The requested resource does not support http method '${request.method}'.`,
    );
  const body = parseBody(request.body);
  const table = site.organization.table(String(body.LogicalName ?? '').toLowerCase());
  const isEnabling = body.ChangeTrackingEnabled === true && !table.definition.changeTrackingEnabled;
  if (body.ChangeTrackingEnabled === false && table.definition.changeTrackingEnabled)
    throw new DataverseError(400, '0x80044354', 'Change tracking cannot be disabled once it is enabled.');
  if (isEnabling)
    await site.change(() => site.organization.define({ ...table.definition, changeTrackingEnabled: true }));
  return { status: 204 };
}
