import { expect, it } from 'vitest';
import type { Organization } from '../../../local/dataverse/model/organization.ts';
import { readDefinition } from '../../../local/dataverse/model/read-definition.ts';
import { ENTITY, type Subject, seed, tokenOf } from './kit.ts';

export function describeMetadata(subject: () => Subject): void {
  it('is the definition, relationships and options included', async () => {
    const { source, organization } = subject();
    const account = await source.metadata('account');
    const { definition } = organization.table('account');
    expect(account).toMatchObject({
      logicalName: 'account',
      schemaName: 'Account',
      entitySetName: 'accounts',
      objectTypeCode: 1,
      primaryIdAttribute: 'accountid',
      primaryNameAttribute: 'name',
      isIntersect: false,
      changeTracking: true,
    });
    const names = (list: readonly { readonly logicalName: string }[]) =>
      list.map(({ logicalName }) => logicalName).toSorted();
    expect(names(account.attributes)).toEqual(names(definition.attributes));
    for (const attribute of account.attributes) {
      const defined = definition.attributes.find(({ logicalName }) => logicalName === attribute.logicalName);
      const { type, maxLength, precision, targets, options, dateTimeBehavior, metadataId, schemaName } = attribute;
      expect({ type, maxLength, precision, targets, dateTimeBehavior, metadataId, schemaName }).toEqual({
        type: defined?.type,
        maxLength: defined?.maxLength,
        precision: defined?.precision,
        targets: defined?.targets,
        dateTimeBehavior: defined?.dateTimeBehavior,
        metadataId: defined?.metadataId,
        schemaName: defined?.schemaName,
      });
      const valuesOf = (list: readonly { readonly value: number }[] = []) => list.map(({ value }) => value).toSorted();
      expect(valuesOf(options)).toEqual(valuesOf(defined?.options));
    }
    expect(account.manyToMany.map(({ schemaName }) => schemaName)).toContain('accountleads_association');
    expect(account.manyToOne.map(({ schemaName }) => schemaName)).toContain('account_originating_lead');
    expect(account.oneToMany).toContainEqual({
      schemaName: 'contact_customer_accounts',
      referencingEntity: 'contact',
      onDelete: 'RemoveLink',
    });
  });

  it('is the same whenever nothing changed', async () => {
    const { source, entity } = subject();
    expect(await source.metadata(ENTITY)).toEqual(entity);
    expect((await source.metadata('contactleads')).isIntersect).toBe(true);
    expect((await source.metadata('phonecall')).isActivity).toBe(true);
  });

  it('is listed for all entities, with what a choice among them needs', async () => {
    const { source, organization } = subject();
    const catalog = await source.catalog();
    expect(catalog.map(({ logicalName }) => logicalName).toSorted()).toEqual(
      organization
        .tables()
        .map(({ definition }) => definition.logicalName)
        .toSorted(),
    );
    for (const summary of catalog) {
      const { displayName, isIntersect, isActivity, changeTracking, manyToMany } = await source.metadata(
        summary.logicalName,
      );
      expect(summary).toMatchObject({ displayName, isIntersect, isActivity, changeTracking });
      expect(summary.manyToMany.toSorted((a, b) => (a.schemaName < b.schemaName ? -1 : 1))).toEqual(manyToMany);
    }
  });

  it('of an entity that does not exist is refused', async () => {
    const { source } = subject();
    await expect(source.metadata('fre_nothing')).rejects.toMatchObject({ code: 'ENTITY_NOT_FOUND' });
  });

  it('has another version on every answer after it changed, and shows the change at once', async () => {
    const { source, organization, entity } = subject();
    const before = await source.read(entity, { kind: 'rows' }, 1);
    expect(before.metadataVersion).toBe((await source.read(entity, { kind: 'rows' }, 1)).metadataVersion);
    const removeAgain = addAttribute(organization, 'fre_added');
    const after = await source.read(entity, { kind: 'rows' }, 1);
    expect(after.metadataVersion).not.toBe(before.metadataVersion);
    expect(await source.metadataVersion()).toBe(after.metadataVersion);
    const changed = await source.metadata(ENTITY);
    expect(changed.attributes.find(({ logicalName }) => logicalName === 'fre_added')).toMatchObject({
      maxLength: 10,
    });
    removeAgain();
  });

  it('that names an attribute which is gone makes reads refuse it', async () => {
    const { source, organization, entity } = subject();
    const [id = ''] = seed(organization, 2);
    const token = await tokenOf(source, entity);
    const removeAgain = addAttribute(organization, 'fre_added');
    const old = await source.metadata(ENTITY);
    removeAgain();
    const gone = { code: 'ATTRIBUTE_GONE' };
    await expect(source.read(old, { kind: 'rows' }, 1)).rejects.toMatchObject(gone);
    await expect(source.readByIds(old, [id])).rejects.toMatchObject(gone);
    expect(token).not.toBe('');
  });

  it('may change between two pages: the link goes on with the columns it began with', async () => {
    const { source, organization, entity } = subject();
    seed(organization, 3);
    const { next, columns } = await source.read(entity, { kind: 'rows' }, 2);
    const removeAgain = addAttribute(organization, 'fre_added');
    const changed = await source.metadata(ENTITY);
    const page = await source.read(changed, { kind: 'next', link: next ?? '' }, 2);
    expect(new Set(page.columns)).toEqual(new Set(columns));
    removeAgain();
  });
}

/** Adds a text attribute to the sample entity; gives what removes it again. */
function addAttribute(organization: Organization, logicalName: string): () => void {
  const { definition } = organization.table(ENTITY);
  const added = readDefinition({
    LogicalName: ENTITY,
    PrimaryIdAttribute: logicalName,
    Attributes: [{ LogicalName: logicalName, AttributeTypeName: 'StringType', MaxLength: 10 }],
  }).attributes;
  organization.define({ ...definition, attributes: [...definition.attributes, ...added] });
  return () => organization.define(definition);
}
