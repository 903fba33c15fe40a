import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Notification, parseNotification, type Unprocessable } from '../../../shared/dataverse/notification.ts';

const FIXTURES = new URL('../../fixtures/remote-execution-context/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, FIXTURES), 'utf8');
const bodies = readdirSync(FIXTURES).map((name) => [name, read(name)] as const);

const ORGANIZATION = '407b9c05-0e6b-45c2-bf2f-45891c1c0937';
const CONTACT = 'c34e4970-7810-4e1f-9b34-8af0187f4271';

/** A whole body with some properties replaced, added, or (undefined) taken away. */
function body(changes: object = {}): unknown {
  return JSON.parse(JSON.stringify({ ...JSON.parse(read('contact-update.json')), ...changes }));
}

function parsed(changes: object): Notification {
  const result = parseNotification(body(changes));
  expect(result).not.toHaveProperty('reason');
  return result as Notification;
}

describe('a captured notification', () => {
  it.each([
    ['contact-create.json', 'contact', 'Create', ORGANIZATION, CONTACT, 1667232843000],
    ['contact-update.json', 'contact', 'Update', ORGANIZATION, CONTACT, 1667232845000],
    ['contact-delete.json', 'contact', 'Delete', ORGANIZATION, CONTACT, 1667232851000],
    [
      'agentstatus-create.json',
      'msdyn_agentstatus',
      'Create',
      '55ff55ff-aa66-bb77-cc88-99dd99dd99dd',
      '44ee44ee-ff55-aa66-bb77-88cc88cc88cc',
      1721816905786,
    ],
    [
      'agentstatus-update.json',
      'msdyn_agentstatus',
      'Update',
      '66aa66aa-bb77-cc88-dd99-00ee00ee00ee',
      '00aa00aa-bb11-cc22-dd33-44ee44ee44ee',
      1722582039000,
    ],
  ])(
    '%s names its organization, entity, message, record and time',
    (name, entity, message, organizationId, recordId, at) => {
      expect(parseNotification(read(name))).toEqual({
        organizationId,
        entity,
        message,
        recordId,
        relationship: null,
        operationCreatedOn: at,
        cut: false,
      });
    },
  );

  it.each(bodies)(
    '%s says the same as text, as bytes, parsed, with a mark of its encoding and encoded twice',
    (_, text) => {
      const expected = parseNotification(text);
      expect(expected).toHaveProperty('entity');
      expect(parseNotification(Buffer.from(text))).toEqual(expected);
      expect(parseNotification(JSON.parse(text))).toEqual(expected);
      expect(parseNotification(`\uFEFF${text}`)).toEqual(expected);
      expect(parseNotification(JSON.stringify(text))).toEqual(expected);
    },
  );
});

describe('a notification', () => {
  it.each([
    ['with an offset, which is cosmetic', '/Date(1667232843000-0700)/', 1667232843000],
    ['without an offset', '/Date(1721816905786)/', 1721816905786],
    ['before 1970', '/Date(-62135596800000)/', -62135596800000],
    ['escaped once more', '\\/Date(1667232843000+0000)\\/', 1667232843000],
    ['wrapped', { __type: 'DateTime:#System', __value: '/Date(1667232843000)/' }, 1667232843000],
    ['as ISO text', '2022-10-31T16:14:03Z', 1667232843000],
    ['that no calendar has', '/Date(9999999999999999)/', null],
    ['that is no date', 'yesterday', null],
    ['that is null', null, null],
    ['that is absent', undefined, null],
  ])('has the time %s', (_, operationCreatedOn, expected) => {
    expect(parsed({ OperationCreatedOn: operationCreatedOn }).operationCreatedOn).toBe(expected);
  });

  it('may have wrapped and upper-case ids', () => {
    const guid = (value: string) => ({ __type: 'Guid:#System', __value: value.toUpperCase() });
    expect(parsed({ OrganizationId: guid(ORGANIZATION), PrimaryEntityId: guid(CONTACT) })).toMatchObject({
      organizationId: ORGANIZATION,
      recordId: CONTACT,
    });
  });

  it.each([
    ['absent', undefined],
    ['null', null],
    ['empty', []],
  ])('that was cut (parameters %s) rings as well as a whole one', (_, parameters) => {
    const cut = { InputParameters: parameters, ParentContext: parameters, PreEntityImages: parameters };
    expect(parsed({ ...cut, PostEntityImages: parameters })).toMatchObject({
      entity: 'contact',
      recordId: CONTACT,
      cut: true,
    });
  });

  it('without a record id takes it from the target, else from the output', () => {
    const nil = '00000000-0000-0000-0000-000000000000';
    expect(parsed({ PrimaryEntityId: nil }).recordId).toBe(CONTACT);
    const output = [{ key: 'id', value: CONTACT }];
    expect(parsed({ PrimaryEntityId: nil, InputParameters: [], OutputParameters: output }).recordId).toBe(CONTACT);
    expect(parsed({ PrimaryEntityId: nil, InputParameters: [] }).recordId).toBeNull();
  });

  it('without an entity takes it from the target', () => {
    expect(parsed({ PrimaryEntityName: 'none' }).entity).toBe('contact');
  });

  it.each(['Associate', 'Disassociate'])('of %s names a relationship and no entity', (message) => {
    const relationship = { __type: 'Relationship:…', SchemaName: 'accountleads_association', PrimaryEntityRole: 0 };
    const parameters = [
      { key: 'Target', value: { Id: CONTACT, LogicalName: 'account' } },
      { key: 'Relationship', value: relationship },
      { key: 'RelatedEntities', value: [{ Id: CONTACT, LogicalName: 'lead' }] },
    ];
    const links = { MessageName: message, PrimaryEntityName: 'none', InputParameters: parameters };
    expect(parsed(links)).toMatchObject({ entity: 'none', relationship: 'accountleads_association', cut: false });
    expect(parsed({ ...links, InputParameters: null })).toMatchObject({
      entity: 'none',
      relationship: null,
      cut: true,
    });
  });

  it('with unknown fields and names of JavaScript is read like any other', () => {
    const text = JSON.stringify(body({ Unknown: null })).replace(
      '{',
      '{"__proto__":{"OrganizationId":1},"constructor":2,',
    );
    expect(parseNotification(text)).toMatchObject({ organizationId: ORGANIZATION, entity: 'contact' });
  });

  it('nested a hundred thousand levels deep is read', () => {
    const deep = `${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`;
    const text = JSON.stringify(body()).replace('{', `{"ParentContext2":${deep},`);
    expect(parseNotification(text)).toMatchObject({ entity: 'contact' });
  });
});

describe('a body that rings nothing says why', () => {
  it.each<[string, unknown]>([
    ['not JSON', '<html>'],
    ['not JSON', ''],
    ['not JSON', undefined],
    ['not JSON', Buffer.from([0xff, 0xfe])],
    ['too large', ' '.repeat(3 * 1024 * 1024)],
    ['too large', Buffer.alloc(3 * 1024 * 1024, 32)],
    ['not a JSON object', '[1]'],
    ['not a JSON object', null],
    ['not a JSON object', 7],
    ['no organization', {}],
    ['no organization', body({ OrganizationId: 'contoso' })],
    ['no organization', body({ OrganizationId: '00000000-0000-0000-0000-000000000000' })],
    ['no entity', body({ PrimaryEntityName: 'none', InputParameters: null })],
    ['no entity', body({ PrimaryEntityName: "contact'; --", InputParameters: 7 })],
  ])('%s', (reason, given) => {
    const { organizationId, ...why } = parseNotification(given) as Unprocessable;
    expect(why).toEqual({ reason: expect.stringContaining(reason) });
    expect(organizationId).toBe(reason === 'no entity' ? ORGANIZATION : undefined);
  });
});

describe('parsing never throws', () => {
  it('on any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        parseNotification(value);
        parseNotification(JSON.stringify(value));
      }),
    );
  });

  it('on a captured body with any of its values replaced', () => {
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.nat(), fc.jsonValue(), ([, text], at, replacement) => {
        parseNotification(withValueReplaced(text, at, replacement));
      }),
      { numRuns: 500 },
    );
  });

  it('on a captured body that is cut off or overwritten anywhere', () => {
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.nat(), fc.string(), ([, text], at, noise) => {
        const place = at % text.length;
        parseNotification(text.slice(0, place));
        parseNotification(text.slice(0, place) + noise + text.slice(place + noise.length));
      }),
      { numRuns: 500 },
    );
  });
});

/** Replaces the `at`th value of all values in a JSON text. */
function withValueReplaced(text: string, at: number, replacement: unknown): unknown {
  let count = 0;
  JSON.parse(text, (_, value) => {
    count += 1;
    return value;
  });
  let index = 0;
  return JSON.parse(text, (_, value) => {
    index += 1;
    return index === (at % count) + 1 ? replacement : value;
  });
}
