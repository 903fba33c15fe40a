import { idFromName } from '../model/name-id.ts';
import type { Organization } from '../model/organization.ts';
import { type Sampler, sampledEntities } from './sampler.ts';

/** Share of the rows that an entity gets when many are seeded at once; others get one share each. */
const SHARES: Readonly<Record<string, number>> = {
  account: 4,
  contact: 8,
  lead: 4,
  opportunity: 4,
  phonecall: 4,
  fre_sample: 2,
};
const CURRENCIES = [
  ['Euro', 'EUR', '0.92'],
  ['Schweizer Franken', 'CHF', '0.8845'],
] as const;
/** One user for so many rows. */
const ROWS_PER_USER = 500;
const LINKS_PER_ROW = 0.1;

/** The rows that no organization is without: its own, the business unit, currencies and the user that changes are made by. */
export function seedBasics(organization: Organization): void {
  const { identity, retentionMs } = organization;
  const days = Math.round(retentionMs / 86_400_000);
  organization.create(
    'organization',
    { name: identity.uniqueName, expirechangetrackingindays: days },
    { id: identity.organizationId },
  );
  organization.create('businessunit', { name: identity.uniqueName }, { id: identity.businessUnitId });
  organization.create(
    'transactioncurrency',
    { currencyname: 'US Dollar', isocurrencycode: 'USD', exchangerate: 1 },
    { id: identity.currencyId },
  );
  for (const [currencyname, isocurrencycode, exchangerate] of CURRENCIES)
    organization.create(
      'transactioncurrency',
      { currencyname, isocurrencycode, exchangerate },
      { id: idFromName(`currency ${isocurrencycode}`) },
    );
  organization.create('systemuser', { firstname: 'Freshet', lastname: 'Application' }, { id: identity.callerId });
}

/** Seeds about `rows` rows over all entities, parties and links of activities and intersects not counted. */
export function seedRows(organization: Organization, rows: number, sampler: Sampler): void {
  if (rows <= 0) return;
  seedEntity(organization, 'systemuser', Math.max(1, Math.ceil(rows / ROWS_PER_USER)), sampler);
  const entities = sampledEntities(organization);
  const shares = entities.reduce((sum, entity) => sum + (SHARES[entity] ?? 1), 0);
  for (const entity of entities)
    seedEntity(organization, entity, Math.round((rows * (SHARES[entity] ?? 1)) / shares), sampler);
  const links = Math.ceil(rows * LINKS_PER_ROW);
  const relationships = linkable(organization);
  for (let at = 0; at < links && relationships.length > 0; at++)
    link(organization, relationships[at % relationships.length] as string, sampler);
}

export function seedEntity(organization: Organization, entity: string, rows: number, sampler: Sampler): void {
  const { definition } = organization.table(entity);
  if (definition.isIntersect) {
    const schemaName = definition.manyToMany[0]?.schemaName;
    for (let at = 0; at < rows && schemaName; at++) link(organization, schemaName, sampler);
    return;
  }
  for (let at = 0; at < rows; at++) organization.create(entity, sampler.row(entity));
}

/** The many-to-many relationships whose three tables are all here. */
export function linkable(organization: Organization): string[] {
  const all = organization.tables().flatMap(({ definition }) => definition.manyToMany);
  const here = all.filter((one) =>
    [one.entity1, one.entity2, one.intersectEntity].every((name) => organization.findTable(name)),
  );
  return [...new Set(here.map(({ schemaName }) => schemaName))];
}

/** Links two rows at random; gives false when they are linked already or there are none. */
export function link(organization: Organization, schemaName: string, sampler: Sampler): boolean {
  const { entity1, entity2 } = organization.manyToMany(schemaName);
  const first = sampler.anyRow(entity1);
  const second = sampler.anyRow(entity2);
  if (!first || !second) return false;
  try {
    organization.associate(schemaName, entity1, first.id, [second]);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'DataverseError') return false;
    throw error;
  }
}
