import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openApiPage } from '../../../docs/generate.ts';
import { OPERATIONS } from '../../../functions/http/endpoints.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const page = readFileSync(path.join(ROOT, 'docs/openapi.json'), 'utf8');

/** The operations of the original, by the ids of its own description (reference: data-export-api.md, section 2). */
const ORIGINAL = [
  ...['GetOrganizations', 'GetOrgDetails', 'GetConnectorDetails', 'GetEntities', 'GetRelationships'].map(
    (name) => `Metadata_${name}`,
  ),
  'Metadata_HasOrgAcceptedPrivacyTerms',
  'Metadata_AcceptOrgPrivacyTerms',
  ...['GetProfilesByOrganizationId', 'CreateProfile', 'GetProfileById', 'UpdateProfile', 'DeleteProfileById'].map(
    (name) => `Profiles_${name}`,
  ),
  ...['Activate', 'ActivateMetadata', 'ActivateData', 'Deactivate', 'GetTestResultById'].map(
    (name) => `Profiles_${name}`,
  ),
  'Profiles_ValidateBeforeProfileCreation',
  'Profiles_GetProfileFailuresInfoById',
];

/** The routes of Lifecycle Services (reference: finance-operations.md, section 1.2). */
const LIFECYCLE_SERVICES = [
  'get /databasemovement/v1/databases/project/{projectId}',
  'post /databasemovement/v1/refresh/project/{projectId}/source/{sourceEnvironmentId}/target/{targetEnvironmentId}',
  'post /databasemovement/v1/export/project/{projectId}/environment/{environmentId}/backupName/{backupName}',
  'get /databasemovement/v1/fetchstatus/project/{projectId}/environment/{environmentId}/operationactivity/{operationActivityId}',
  'post /environment/v1/start/project/{projectId}/environment/{environmentId}',
  'post /environment/v1/stop/project/{projectId}/environment/{environmentId}',
  'get /environmentinfo/v1/detail/project/{projectId}',
  'get /environmentinfo/v1/history/project/{projectId}/environment/{environmentId}',
];

describe('the description of the API', () => {
  it('is what docs/openapi.json holds (npm run docs writes it)', () => {
    expect(page).toBe(openApiPage());
  });

  it('has every operation of the original, and each once', () => {
    const names = OPERATIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(ORIGINAL));
  });

  it('has every route of Lifecycle Services', () => {
    const { paths } = JSON.parse(page) as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((it) => `${it} ${path}`),
    );
    expect(routes).toEqual(expect.arrayContaining(LIFECYCLE_SERVICES));
  });

  it('refers to nothing that it does not hold', () => {
    const references = [...page.matchAll(/"\$ref": "([^"]*)"/g)].map(([, reference = '']) => reference);
    expect(references.length).toBeGreaterThan(OPERATIONS.length);
    const description: unknown = JSON.parse(page);
    for (const reference of references) {
      const found = reference
        .split('/')
        .slice(1)
        .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], description);
      expect(found, reference).toBeDefined();
    }
  });
});
