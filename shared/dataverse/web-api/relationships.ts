import { z } from 'zod';
import type { ManyToMany, ManyToOne, OneToMany } from '../metadata.ts';

/** A kind of relationship of an entity: where the Web API lists them, and what Freshet keeps of each (reference: dataverse.md, 2.3). */
export interface Relationships<T> {
  /** Below the entity's definition. */
  readonly path: string;
  readonly answer: z.ZodType<T>;
}

const manyToMany = z.object({
  SchemaName: z.string(),
  IntersectEntityName: z.string(),
  Entity1LogicalName: z.string(),
  Entity1IntersectAttribute: z.string(),
  Entity2LogicalName: z.string(),
  Entity2IntersectAttribute: z.string(),
});

export const MANY_TO_MANY: Relationships<ManyToMany> = {
  path: pathOf('ManyToMany', manyToMany),
  answer: manyToMany.transform((answer) => ({
    schemaName: answer.SchemaName,
    intersectEntity: answer.IntersectEntityName,
    entity1: answer.Entity1LogicalName,
    entity1Attribute: answer.Entity1IntersectAttribute,
    entity2: answer.Entity2LogicalName,
    entity2Attribute: answer.Entity2IntersectAttribute,
  })),
};

const manyToOne = z.object({
  SchemaName: z.string(),
  ReferencingAttribute: z.string(),
  ReferencedEntity: z.string(),
  ReferencedAttribute: z.string(),
});

export const MANY_TO_ONE: Relationships<ManyToOne> = {
  path: pathOf('ManyToOne', manyToOne),
  answer: manyToOne.transform((answer) => ({
    schemaName: answer.SchemaName,
    referencingAttribute: answer.ReferencingAttribute,
    referencedEntity: answer.ReferencedEntity,
    referencedAttribute: answer.ReferencedAttribute,
  })),
};

const onDelete = z.enum(['NoCascade', 'Cascade', 'Active', 'UserOwned', 'RemoveLink', 'Restrict']);

const oneToMany = z.object({
  SchemaName: z.string(),
  ReferencingEntity: z.string(),
  CascadeConfiguration: z.object({ Delete: onDelete.nullish() }).nullish(),
});

export const ONE_TO_MANY: Relationships<OneToMany> = {
  path: pathOf('OneToMany', oneToMany),
  answer: oneToMany.transform((answer) => ({
    schemaName: answer.SchemaName,
    referencingEntity: answer.ReferencingEntity,
    onDelete: answer.CascadeConfiguration?.Delete ?? 'NoCascade',
  })),
};

function pathOf(kind: string, { shape }: z.ZodObject): string {
  return `/${kind}Relationships?$select=${Object.keys(shape).join(',')}`;
}
