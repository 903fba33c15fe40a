import { readdirSync, readFileSync } from 'node:fs';
import type { EntityDefinition } from './model/definitions.ts';
import { readDefinition } from './model/read-definition.ts';
import { SAMPLE_ENTITY } from './sample/sample-entity.ts';
import { SYSTEM_ENTITIES } from './system-entities.ts';

const FOLDER = new URL('./entities/', import.meta.url);

/** The tables of a fresh organization: system tables, those of the entities folder, and the sample table of every type. */
export function standardDefinitions(): EntityDefinition[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  const published = files.map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as unknown);
  return [...SYSTEM_ENTITIES, ...published, SAMPLE_ENTITY].map(readDefinition);
}
