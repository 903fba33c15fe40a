import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, startClient } from '../running.ts';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/web-api/${name}`, import.meta.url), 'utf8'));
const CONTACT = "EntityDefinitions(LogicalName='contact')";
const cast = (name: string) => `Attributes/Microsoft.Dynamics.CRM.${name}AttributeMetadata`;

describe('metadata over HTTP', () => {
  let client: Client;
  beforeAll(async () => {
    client = await startClient();
  });
  afterAll(() => client.stop());

  it('lists the tables that are tracked', async () => {
    const query = '$select=LogicalName,EntitySetName,ChangeTrackingEnabled&$filter=ChangeTrackingEnabled eq true';
    const { body } = await client.get(`EntityDefinitions?${query}`);
    const names = body.value.map((one: { LogicalName: string }) => one.LogicalName);
    expect(names).toEqual(expect.arrayContaining(['account', 'contactleads', 'activityparty', 'fre_sample']));
    expect(names).not.toContain('serviceendpoint');
  });

  it.each([
    ['contact-options-picklists.json', 'Picklist'],
    ['contact-options-states.json', 'State'],
    ['contact-options-statuses.json', 'Status'],
  ])('gives options with the keys of %s', async (file, type) => {
    const { body } = await client.get(
      `${CONTACT}/${cast(type)}?$select=LogicalName&$expand=OptionSet($select=Options)`,
    );
    const real = fixture(file).value[0];
    const ours = body.value.find((one: { LogicalName: string }) => one.LogicalName === real.LogicalName);
    expect(Object.keys(ours).sort()).toEqual(Object.keys(real).sort());
    expect(Object.keys(ours.OptionSet.Options[0]).sort()).toEqual(Object.keys(real.OptionSet.Options[0]).sort());
    expect(ours.OptionSet.Options[0].Label.UserLocalizedLabel.Label).toBe(
      real.OptionSet.Options[0].Label.UserLocalizedLabel.Label,
    );
  });

  it('names common properties without a cast, and those of a type only with one', async () => {
    const untyped = await client.get(`${CONTACT}/Attributes?$select=LogicalName,MaxLength`);
    expect(untyped.status).toBe(400);
    const { body } = await client.get(`${CONTACT}/${cast('String')}?$select=LogicalName,MaxLength,FormatName`);
    expect(body.value).toContainEqual(
      expect.objectContaining({ LogicalName: 'emailaddress1', MaxLength: 100, FormatName: { Value: 'Email' } }),
    );
    const all = await client.get(`${CONTACT}/Attributes`);
    expect(all.body.value).toHaveLength(231);
    expect(all.body.value).toContainEqual(
      expect.objectContaining({ LogicalName: 'owneridname', AttributeOf: 'ownerid', IsValidODataAttribute: false }),
    );
  });

  it('tells multi-select choices, images and files apart from other virtual columns', async () => {
    const { body } = await client.get(
      "EntityDefinitions(LogicalName='fre_sample')/Attributes?$select=LogicalName,AttributeType,AttributeTypeName",
    );
    const kinds = Object.fromEntries(
      body.value.map((one: Record<string, string & { Value: string }>) => [
        one.LogicalName,
        [one.AttributeType, one.AttributeTypeName?.Value],
      ]),
    );
    expect(kinds).toMatchObject({
      fre_tags: ['Virtual', 'MultiSelectPicklistType'],
      fre_picture: ['Virtual', 'ImageType'],
      fre_document: ['Virtual', 'FileType'],
      fre_colorname: ['Virtual', 'VirtualType'],
    });
  });

  it('gives relationships with what a delete does', async () => {
    const { body } = await client.get(
      "EntityDefinitions(LogicalName='phonecall')/OneToManyRelationships?$select=SchemaName,ReferencingEntity,CascadeConfiguration",
    );
    expect(body.value).toContainEqual(
      expect.objectContaining({
        SchemaName: 'phonecall_activity_parties',
        ReferencingEntity: 'activityparty',
        CascadeConfiguration: expect.objectContaining({ Delete: 'Cascade' }),
      }),
    );
    const links = await client.get(`${CONTACT}/ManyToManyRelationships?$select=SchemaName,IntersectEntityName`);
    expect(links.body.value).toContainEqual(expect.objectContaining({ IntersectEntityName: 'contactleads' }));
  });

  it('keeps a changed definition in its cache, unless strong consistency is asked for', async () => {
    const length = async (headers?: Record<string, string>) => {
      const { body } = await client.get(
        `${CONTACT}/${cast('String')}?$select=LogicalName,MaxLength&$filter=LogicalName eq 'department'`,
        headers,
      );
      return body.value[0].MaxLength;
    };
    const before = await length();
    await client.control('widenAttribute', { entity: 'contact', attribute: 'department', maxLength: 321 });
    expect(await length()).toBe(before);
    expect(await length({ Consistency: 'Strong' })).toBe(321);
  });

  it('takes definitions in the long form and gives back what they said', async () => {
    const definition = {
      LogicalName: 'new_thing',
      SchemaName: 'new_Thing',
      EntitySetName: 'new_things',
      PrimaryIdAttribute: 'new_thingid',
      PrimaryNameAttribute: 'new_name',
      AutoCreateAccessTeams: false,
      ChangeTrackingEnabled: true,
      Attributes: [
        {
          '@odata.type': '#Microsoft.Dynamics.CRM.UniqueIdentifierAttributeMetadata',
          LogicalName: 'new_thingid',
          AttributeType: 'Uniqueidentifier',
          AttributeTypeName: { Value: 'UniqueidentifierType' },
        },
        {
          '@odata.type': '#Microsoft.Dynamics.CRM.StringAttributeMetadata',
          LogicalName: 'new_name',
          SchemaName: 'new_Name',
          AttributeTypeName: { Value: 'StringType' },
          MaxLength: 10,
          FormatName: { Value: 'Text' },
        },
        { LogicalName: 'versionnumber', AttributeTypeName: { Value: 'BigIntType' } },
      ],
    };
    expect((await client.control('define', { definitions: [definition] })).status).toBe(200);
    const { body } = await client.get("EntityDefinitions(LogicalName='new_thing')");
    expect(body).toMatchObject({ EntitySetName: 'new_things', AutoCreateAccessTeams: false, IsCustomEntity: true });
    expect((await client.call('POST', 'new_things', { new_name: 'x'.repeat(11) })).body.error.code).toBe('0x80044331');
    const filters = await client.get(
      "sdkmessagefilters?$filter=primaryobjecttypecode eq 'new_thing'&$expand=sdkmessageid($select=name)",
    );
    const messages = filters.body.value.map((one: { sdkmessageid: { name: string } }) => one.sdkmessageid.name);
    expect(messages.sort()).toEqual(['Create', 'Delete', 'Restore', 'Update']);
  });

  it('refuses to patch a definition, and says who it is', async () => {
    expect((await client.call('PATCH', CONTACT, {})).status).toBe(405);
    const { body } = await client.get(
      "RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')",
    );
    expect(body.Detail.OrganizationId).toBe(client.organization.identity.organizationId);
  });
});
