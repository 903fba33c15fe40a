import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAttributes } from '../../../../shared/dataverse/web-api/attributes.ts';
import { METADATA_VERSION } from '../../../../shared/dataverse/web-api/page.ts';
import { WebApiSource } from '../../../../shared/dataverse/web-api/source.ts';
import { answering, json, refusal } from './answering.ts';

const fixture = (name: string): { value: Record<string, unknown>[] } =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/web-api/${name}`, import.meta.url), 'utf8'));

const CONTACT = {
  LogicalName: 'contact',
  SchemaName: 'Contact',
  EntitySetName: 'contacts',
  ObjectTypeCode: 2,
  PrimaryIdAttribute: 'contactid',
  PrimaryNameAttribute: 'fullname',
  IsIntersect: false,
  ChangeTrackingEnabled: true,
  DisplayName: {
    LocalizedLabels: [{ Label: 'Kontakt', LanguageCode: 1031 }],
    UserLocalizedLabel: { Label: 'Contact' },
  },
};

const RELATIONSHIPS: Record<string, object> = {
  ManyToMany: {
    SchemaName: 'contactleads_association',
    IntersectEntityName: 'contactleads',
    Entity1LogicalName: 'contact',
    Entity1IntersectAttribute: 'contactid',
    Entity2LogicalName: 'lead',
    Entity2IntersectAttribute: 'leadid',
  },
  ManyToOne: {
    SchemaName: 'contact_customer_accounts',
    ReferencingAttribute: 'parentcustomerid',
    ReferencedEntity: 'account',
    ReferencedAttribute: 'accountid',
  },
  OneToMany: {
    SchemaName: 'contact_phonecalls',
    ReferencingEntity: 'phonecall',
    CascadeConfiguration: { Assign: 'Cascade', Delete: 'RemoveLink' },
  },
};

/** Answers for casts by their names; the untyped list is the captured one. */
const CASTS: Record<string, object> = {
  Picklist: fixture('contact-options-picklists.json'),
  State: fixture('contact-options-states.json'),
  Status: fixture('contact-options-statuses.json'),
  Boolean: {
    value: [
      {
        LogicalName: 'merged',
        OptionSet: {
          TrueOption: { Value: 1, Label: { LocalizedLabels: [{ Label: 'Yes', LanguageCode: 1033 }] } },
          FalseOption: { Value: 0, Label: { LocalizedLabels: [{ Label: 'No', LanguageCode: 1033 }] } },
        },
      },
    ],
  },
  String: { value: [{ LogicalName: 'adx_identity_newpassword', MaxLength: 100, FormatName: { Value: 'Text' } }] },
  Memo: { value: [{ LogicalName: 'adx_publicprofilecopy', MaxLength: 64000 }] },
  Decimal: { value: [{ LogicalName: 'exchangerate', Precision: 10 }] },
  Money: { value: [{ LogicalName: 'annualincome', Precision: 2 }] },
  DateTime: { value: [] },
  Lookup: { value: [] },
};

function contact() {
  return answering(({ url }) => {
    const cast = /CRM\.(\w+)AttributeMetadata/.exec(url)?.[1];
    if (cast) return json(CASTS[cast] ?? { value: [] });
    const kind = /\/(\w+)Relationships/.exec(url)?.[1];
    if (kind) return json({ value: [RELATIONSHIPS[kind]] });
    return json(url.includes('/Attributes') ? fixture('contact-attributes.json') : CONTACT);
  });
}

describe('the definition of a captured contact', () => {
  it('is put together from all answers', async () => {
    const { options } = contact();
    const { attributes, ...entity } = await new WebApiSource(options).metadata('Contact');
    const byName = Object.fromEntries(attributes.map(({ logicalName, ...attribute }) => [logicalName, attribute]));
    expect(entity).toEqual({
      logicalName: 'contact',
      schemaName: 'Contact',
      displayName: 'Contact',
      entitySetName: 'contacts',
      objectTypeCode: 2,
      primaryIdAttribute: 'contactid',
      primaryNameAttribute: 'fullname',
      isIntersect: false,
      isActivity: false,
      changeTracking: true,
      manyToMany: [
        {
          schemaName: 'contactleads_association',
          intersectEntity: 'contactleads',
          entity1: 'contact',
          entity1Attribute: 'contactid',
          entity2: 'lead',
          entity2Attribute: 'leadid',
        },
      ],
      manyToOne: [
        {
          schemaName: 'contact_customer_accounts',
          referencingAttribute: 'parentcustomerid',
          referencedEntity: 'account',
          referencedAttribute: 'accountid',
        },
      ],
      oneToMany: [{ schemaName: 'contact_phonecalls', referencingEntity: 'phonecall', onDelete: 'RemoveLink' }],
    });
    expect(byName.adx_identity_newpassword).toMatchObject({ type: 'StringType', maxLength: 100, format: 'Text' });
    expect(byName.exchangerate).toMatchObject({ type: 'DecimalType', precision: 10 });
    expect(byName.createdby).toMatchObject({ type: 'LookupType', targets: ['systemuser'] });
    expect(byName.birthdate).toMatchObject({ type: 'DateTimeType', format: 'DateOnly' });
    expect(byName.merged?.options?.map(({ value, labels }) => [value, labels[0]?.text])).toEqual([
      [0, 'No'],
      [1, 'Yes'],
    ]);
  });

  it('has the options of the captured choices, states and statuses', async () => {
    const { options } = contact();
    const { attributes } = await new WebApiSource(options).metadata('contact');
    const optionsOf = (name: string) => attributes.find(({ logicalName }) => logicalName === name)?.options;
    expect(optionsOf('educationcode')).toEqual([{ value: 1, labels: [{ languageCode: 1033, text: 'Default Value' }] }]);
    expect(optionsOf('statecode')?.map(({ value, labels }) => [value, labels[0]?.text])).toEqual([
      [0, 'Active'],
      [1, 'Inactive'],
    ]);
    expect(optionsOf('statuscode')).toMatchObject([
      { value: 1, state: 0 },
      { value: 2, state: 1 },
    ]);
  });

  it('is asked past the cache, and only for the casts that its types need', async () => {
    const { options, sent } = contact();
    await new WebApiSource(options).metadata('contact');
    for (const { headers } of sent) expect(headers.get('consistency')).toBe('Strong');
    const casts = sent.map(({ url }) => /CRM\.(\w+)AttributeMetadata/.exec(url)?.[1]).filter(Boolean);
    expect(new Set(casts)).toEqual(
      new Set(['Picklist', 'State', 'Status', 'Boolean', 'String', 'Memo', 'Decimal', 'Money']),
    );
  });
});

describe('the metadata version', () => {
  it('is what the shortest list of rows tells', async () => {
    const { options, sent } = answering(() => json({ value: [], [`@${METADATA_VERSION}`]: '6012567' }));
    expect(await new WebApiSource(options).metadataVersion()).toBe('6012567');
    expect(sent[0]?.headers.get('prefer')).toBe(`odata.include-annotations="${METADATA_VERSION}"`);
  });

  it('is unknown where the list does not tell, or is refused', async () => {
    for (const answer of [
      () => json({ value: [] }),
      () => refusal(403, '0x80040220'),
      () => refusal(404, '0x80060888'),
    ])
      expect(await new WebApiSource(answering(answer).options).metadataVersion()).toBeNull();
  });

  it('is asked for again when the organization was only busy', async () => {
    const { options } = answering(() => refusal(429, '0x80072322'));
    await expect(new WebApiSource(options).metadataVersion()).rejects.toMatchObject({ code: 'SOURCE_THROTTLED' });
  });
});

describe('an entity', () => {
  it('that does not exist is not found', async () => {
    const { options } = answering(() => refusal(404, '0x80060888'));
    await expect(new WebApiSource(options).metadata('nothing')).rejects.toMatchObject({ code: 'ENTITY_NOT_FOUND' });
  });

  it('whose name could not be one is not asked for', async () => {
    const { options, sent } = answering(() => json({}));
    await expect(new WebApiSource(options).metadata("x') or ('1")).rejects.toMatchObject({ code: 'ENTITY_NOT_FOUND' });
    expect(sent).toEqual([]);
  });
});

describe('the type of an attribute', () => {
  const typeOf = (answer: object) => readAttributes([{ LogicalName: 'x', ...answer }])[0]?.type;
  it.each([
    ['MultiSelectPicklistType', { AttributeType: 'Virtual', AttributeTypeName: { Value: 'MultiSelectPicklistType' } }],
    [
      'MultiSelectPicklistType',
      { AttributeType: 'Virtual', '@odata.type': '#Microsoft.Dynamics.CRM.MultiSelectPicklistAttributeMetadata' },
    ],
    ['ImageType', { AttributeType: 'Virtual', '@odata.type': '#Microsoft.Dynamics.CRM.ImageAttributeMetadata' }],
    ['VirtualType', { AttributeType: 'Virtual' }],
    ['OwnerType', { AttributeType: 'Owner', '@odata.type': '#Microsoft.Dynamics.CRM.LookupAttributeMetadata' }],
    ['UniqueidentifierType', { AttributeType: 'Uniqueidentifier' }],
  ])('is %s whichever way it is told', (expected, answer) => {
    expect(typeOf(answer)).toBe(expected);
  });
});

describe('an attribute that rows do not show', () => {
  const owner = { LogicalName: 'ownerid', AttributeType: 'Owner' };
  const name = { LogicalName: 'owneridname', AttributeType: 'String', AttributeOf: 'ownerid' };
  const shown = (answers: object[], logicalName: string) =>
    readAttributes(answers).find((attribute) => attribute.logicalName === logicalName)?.isValidODataAttribute !== false;

  it('is known by what the answer says, else by belonging to a lookup', () => {
    expect(shown([owner, name], 'owneridname')).toBe(false);
    expect(shown([owner, { ...name, IsValidODataAttribute: true }], 'owneridname')).toBe(true);
    expect(shown([owner, { ...owner, LogicalName: 'x', IsValidODataAttribute: false }], 'x')).toBe(false);
    expect(shown([{ ...owner, IsValidForRead: false }], 'ownerid')).toBe(false);
    expect(
      shown([owner, { LogicalName: 'image_url', AttributeType: 'String', AttributeOf: 'image' }], 'image_url'),
    ).toBe(true);
  });
});
