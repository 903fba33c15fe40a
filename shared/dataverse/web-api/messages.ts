import { z } from 'zod';
import type { RegisteredEntity } from '../registration.port.ts';
import { loadAll } from './answers.ts';
import type { WebApiClient } from './client.ts';
import { OTHER } from './errors.ts';
import type { WantedStep } from './steps.ts';

/** Without these, changes of an entity stay unnoticed until a sweep. */
const NEEDED = ['Create', 'Update', 'Delete'];
/** Where Dataverse has it for an entity: a deleted row may come back under its old id. */
const WELCOME = ['Restore'];
/** They belong to no entity. */
const LINKING = ['Associate', 'Disassociate'];

const messageAnswer = z.object({ sdkmessageid: z.string(), name: z.string() });
const filterAnswer = z.object({ sdkmessagefilterid: z.string(), _sdkmessageid_value: z.string() });

/** The steps that entities need, and the entities for which Dataverse does not offer all of them. */
export interface WantedSteps {
  readonly steps: readonly WantedStep[];
  readonly unregistered: readonly string[];
}

/** Looks up what Dataverse offers for the entities (reference: dataverse.md, section 3.2). */
export async function findSteps(client: WebApiClient, entities: readonly RegisteredEntity[]): Promise<WantedSteps> {
  const linked = entities.some(({ isIntersect }) => isIntersect);
  const messages = await findMessages(client, [...NEEDED, ...WELCOME, ...(linked ? LINKING : [])]);
  const linking = LINKING.flatMap((message) => {
    const messageId = messages.get(message);
    return messageId ? [{ message, entity: null, messageId, filterId: null }] : [];
  });
  const steps: WantedStep[] = [...linking];
  const unregistered: string[] = [];
  for (const { logicalName, isIntersect } of entities) {
    const own = await findOwnSteps(client, logicalName, messages);
    steps.push(...own);
    const isNoticed = isIntersect
      ? linking.length === LINKING.length
      : NEEDED.every((message) => own.some((step) => step.message === message));
    if (!isNoticed) unregistered.push(logicalName);
  }
  return { steps, unregistered };
}

/** Messages by name: their ids are not the same everywhere. */
async function findMessages(client: WebApiClient, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const name of names) {
    const path = `sdkmessages?$select=sdkmessageid,name&$filter=name eq '${name}'`;
    for (const message of await loadAll(client, { path, subject: OTHER }, messageAnswer)) {
      found.set(message.name, message.sdkmessageid);
    }
  }
  return found;
}

async function findOwnSteps(
  client: WebApiClient,
  entity: string,
  messages: ReadonlyMap<string, string>,
): Promise<WantedStep[]> {
  const path =
    'sdkmessagefilters?$select=sdkmessagefilterid,_sdkmessageid_value' +
    `&$filter=primaryobjecttypecode eq '${entity}' and iscustomprocessingstepallowed eq true`;
  const filters = await loadAll(client, { path, subject: OTHER }, filterAnswer);
  return [...NEEDED, ...WELCOME].flatMap((message) => {
    const messageId = messages.get(message);
    const filter = filters.find(({ _sdkmessageid_value }) => _sdkmessageid_value === messageId);
    return messageId && filter ? [{ message, entity, messageId, filterId: filter.sdkmessagefilterid }] : [];
  });
}
