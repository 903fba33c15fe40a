import { entityNotFound, invalidRequest, rowNotFound } from '../model/errors.ts';
import { parseBody } from './read-body.ts';
import { type Answer, type ApiRequest, baseOf, jsonAnswer, type Site } from './site.ts';

/** Functions and actions that are not about one set. */
export async function callFunction(site: Site, name: string, request: ApiRequest): Promise<Answer> {
  if (name === 'WhoAmI' && request.method === 'GET') return whoAmI(site);
  if (name === 'RetrieveCurrentOrganization' && request.method === 'GET') return currentOrganization(site, request);
  if (name === 'RetrieveTotalRecordCount' && request.method === 'GET') return totalRecordCount(site, request);
  if (name === 'PublishXml' || name === 'PublishAllXml') return { status: 204 };
  if (name === 'Restore' && request.method === 'POST') return restoreRow(site, request);
  throw entityNotFound(name);
}

function whoAmI(site: Site): Answer {
  const { businessUnitId, callerId, organizationId } = site.organization.identity;
  return jsonAnswer(
    JSON.stringify({
      '@odata.context': `${baseOf(site)}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
      BusinessUnitId: businessUnitId,
      UserId: callerId,
      OrganizationId: organizationId,
    }),
  );
}

/** `RetrieveTotalRecordCount(EntityNames=@names)?@names=["account"]`, or with the list in the path. */
function totalRecordCount(site: Site, { path, search }: ApiRequest): Answer {
  const inPath = /EntityNames=(@\w+|\[.*\])\)/.exec(decodeURIComponent(path))?.[1] ?? '';
  const list = inPath.startsWith('@') ? new URLSearchParams(search).get(inPath) : inPath;
  const names = [...(list ?? '').matchAll(/["']([^"']+)["']/g)].map(([, name = '']) => name);
  if (names.length === 0) throw invalidRequest('Parameter EntityNames is missing.');
  const counts = names.map((name) => site.organization.table(name).rows.size);
  return jsonAnswer(
    JSON.stringify({
      '@odata.context': `${baseOf(site)}$metadata#Microsoft.Dynamics.CRM.RetrieveTotalRecordCountResponse`,
      EntityRecordCountCollection: { Count: names.length, IsReadOnly: false, Keys: names, Values: counts },
    }),
  );
}

function currentOrganization(site: Site, { path }: ApiRequest): Answer {
  if (!/AccessType=(Microsoft\.Dynamics\.CRM\.EndpointAccessType'\w+'|@\w+)/.test(decodeURIComponent(path)))
    throw invalidRequest('Parameter AccessType is missing.');
  const { organizationId, environmentId, tenantId, uniqueName, url, geo } = site.organization.identity;
  const endpoints = {
    WebApplication: `${url}/`,
    OrganizationService: `${url}/XRMServices/2011/Organization.svc`,
    OrganizationDataService: `${url}/XRMServices/2011/OrganizationData.svc`,
  };
  return jsonAnswer(
    JSON.stringify({
      '@odata.context': `${baseOf(site)}$metadata#Microsoft.Dynamics.CRM.RetrieveCurrentOrganizationResponse`,
      Detail: {
        OrganizationId: organizationId,
        FriendlyName: uniqueName,
        OrganizationVersion: '9.2.25064.00186',
        EnvironmentId: environmentId,
        DatacenterId: null,
        Geo: geo,
        TenantId: tenantId,
        UrlName: uniqueName,
        UniqueName: uniqueName,
        State: 'Enabled',
        SchemaType: 'Full',
        OrganizationType: 'CustomerTest',
        Endpoints: { Count: 3, IsReadOnly: true, Keys: Object.keys(endpoints), Values: Object.values(endpoints) },
      },
    }),
  );
}

/** `Restore` with `{"Target": {"@odata.type": "Microsoft.Dynamics.CRM.account", "accountid": "…"}}`. */
async function restoreRow(site: Site, request: ApiRequest): Promise<Answer> {
  const target = (parseBody(request.body).Target ?? {}) as Record<string, unknown>;
  const entity = String(target['@odata.type'] ?? '').replace(/^#?Microsoft\.Dynamics\.CRM\./, '');
  const { definition } = site.organization.table(entity);
  const id = target[definition.primaryIdAttribute];
  if (typeof id !== 'string') throw rowNotFound(entity, String(id));
  await site.change(() => site.organization.restore(entity, id.toLowerCase()));
  return jsonAnswer(
    JSON.stringify({ '@odata.context': `${baseOf(site)}$metadata#Microsoft.Dynamics.CRM.RestoreResponse`, id }),
  );
}
