import { z } from 'zod';
import type { EntitySummary } from '../metadata.ts';
import { loadAll } from './answers.ts';
import { displayText, labels } from './attributes.ts';
import type { WebApiClient } from './client.ts';
import { OTHER } from './errors.ts';
import { MANY_TO_MANY } from './relationships.ts';

const entity = z.object({
  LogicalName: z.string(),
  SchemaName: z.string(),
  DisplayName: labels.nullish(),
  Description: labels.nullish(),
  IsIntersect: z.boolean().nullish(),
  IsActivity: z.boolean().nullish(),
  ChangeTrackingEnabled: z.boolean().nullish(),
});

const listed = entity.extend({ ManyToManyRelationships: z.array(MANY_TO_MANY.answer).nullish() });

/** All entities with their many-to-many relationships, in one request. */
export async function loadCatalog(client: WebApiClient): Promise<EntitySummary[]> {
  const [, select = ''] = MANY_TO_MANY.path.split('?');
  const path = `EntityDefinitions?$select=${Object.keys(entity.shape).join(',')}&$expand=ManyToManyRelationships(${select})`;
  const entities = await loadAll(client, { path, subject: OTHER }, listed);
  return entities.map((one) => ({
    logicalName: one.LogicalName,
    displayName: displayText(one.DisplayName) ?? one.SchemaName,
    description: displayText(one.Description),
    isIntersect: one.IsIntersect ?? false,
    isActivity: one.IsActivity ?? false,
    changeTracking: one.ChangeTrackingEnabled ?? false,
    manyToMany: one.ManyToManyRelationships ?? [],
  }));
}
