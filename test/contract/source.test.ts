import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelSource } from '../../local/dataverse/model/source.ts';
import { exportColumns } from '../../shared/dataverse/columns.ts';
import type { EntityMetadata } from '../../shared/dataverse/metadata.ts';
import { WebApiSource } from '../../shared/dataverse/web-api/source.ts';
import { freshOrganization } from '../support/fresh-organization.ts';
import { type ServedOrganization, serveOrganization } from './local-organization.ts';
import { describeSource } from './source.suite.ts';

describeSource('the model', async () => {
  const organization = freshOrganization();
  return { source: modelSource(organization), organization, stop: async () => {} };
});

describeSource('the Web API of the local organization', async () => {
  const { organization, faults, options, stop } = await serveOrganization();
  return {
    source: new WebApiSource(options),
    organization,
    stop,
    faults: {
      throttle: (requests, retryAfterSeconds) => {
        const { throttle } = faults.settings;
        faults.settings = { ...faults.settings, throttle: { ...throttle, requests, retryAfterSeconds } };
      },
      administrationMode: (administrationMode) => {
        faults.settings = { ...faults.settings, administrationMode };
      },
    },
  };
});

describe('the Web API and the model', () => {
  let served: ServedOrganization;
  beforeAll(async () => {
    served = await serveOrganization();
  });
  afterAll(() => served?.stop());

  it('tell the same definition of every entity', async () => {
    const { organization, options } = served;
    for (const { definition } of organization.tables()) {
      const told = await new WebApiSource(options).metadata(definition.logicalName);
      const model = await modelSource(organization).metadata(definition.logicalName);
      expect(told).toMatchObject(withoutDefaults(model));
      expect(exportColumns(told).map(({ name }) => name)).toEqual(exportColumns(model).map(({ name }) => name));
    }
  });

  it('tell the same rows', async () => {
    const { organization, options } = served;
    const account = organization.create('account', { name: 'Contoso', revenue: '1234567890.12' }).self;
    const contact = organization.create('contact', { lastname: 'Ryder', parentcustomerid: account }).self;
    organization.create('opportunity', { name: 'Sale', customerid: contact, actualclosedate: '2026-02-28' });
    organization.create('phonecall', { subject: 'Hello', regardingobjectid: account, to: [contact] });
    for (const entity of ['account', 'contact', 'opportunity', 'phonecall', 'activityparty']) {
      const metadata = await new WebApiSource(options).metadata(entity);
      const [told, model] = await Promise.all(
        [new WebApiSource(options), modelSource(organization)].map((source) =>
          source.read(metadata, { kind: 'rows' }, 50),
        ),
      );
      expect(told?.rows.length).toBeGreaterThan(0);
      expect({ columns: told?.columns, rows: told?.rows }).toEqual({ columns: model?.columns, rows: model?.rows });
    }
  });
});

/** The service fills in formats and lengths that a definition leaves open. */
function withoutDefaults(model: EntityMetadata): object {
  return { ...model, attributes: model.attributes.map(({ format: _format, ...attribute }) => attribute) };
}
