import { z } from 'zod';
import { loadAll } from './answers.ts';
import type { WebApiClient } from './client.ts';
import { OTHER } from './errors.ts';

/** A step as it should be (reference: dataverse.md, section 3.3). */
export interface WantedStep {
  readonly message: string;
  /** Null for messages about links: one step serves all relationships. */
  readonly entity: string | null;
  readonly messageId: string;
  readonly filterId: string | null;
}

/** A step as it is registered now. */
export interface Step {
  readonly id: string;
  readonly message: string;
  readonly entity: string | null;
  readonly isEnabled: boolean;
  /** After the operation, asynchronous, for every column: what an administrator may have changed. */
  readonly isFitting: boolean;
}

export interface StepPlan {
  readonly add: readonly WantedStep[];
  readonly enable: readonly Step[];
  readonly remove: readonly Step[];
}

const POST_OPERATION = 40;
const ASYNCHRONOUS = 1;

const stepAnswer = z.object({
  sdkmessageprocessingstepid: z.string(),
  stage: z.number(),
  mode: z.number(),
  statecode: z.number(),
  filteringattributes: z.string().nullish(),
  sdkmessageid: z.object({ name: z.string() }).nullish(),
  sdkmessagefilterid: z.object({ primaryobjecttypecode: z.string().nullish() }).nullish(),
});

/** What must be done so that each wanted step stands once, enabled, and no other. */
export function planSteps(wanted: readonly WantedStep[], existing: readonly Step[]): StepPlan {
  const byKey = new Map(existing.filter(({ isFitting }) => isFitting).map((step) => [keyOf(step), step]));
  const kept = wanted.map((step) => byKey.get(keyOf(step))).filter((step) => step !== undefined);
  return {
    add: wanted.filter((step) => !byKey.has(keyOf(step))),
    enable: kept.filter(({ isEnabled }) => !isEnabled),
    remove: existing.filter((step) => !kept.includes(step)),
  };
}

/** The steps that post to an endpoint. */
export async function loadSteps(client: WebApiClient, endpointId: string): Promise<Step[]> {
  const path =
    'sdkmessageprocessingsteps?$select=sdkmessageprocessingstepid,stage,mode,statecode,filteringattributes' +
    `&$filter=_eventhandler_value eq ${endpointId}` +
    '&$expand=sdkmessageid($select=name),sdkmessagefilterid($select=primaryobjecttypecode)';
  const answers = await loadAll(client, { path, subject: OTHER }, stepAnswer);
  return answers.map((answer) => ({
    id: answer.sdkmessageprocessingstepid,
    message: answer.sdkmessageid?.name ?? '',
    entity: answer.sdkmessagefilterid?.primaryobjecttypecode ?? null,
    isEnabled: answer.statecode === 0,
    isFitting: answer.stage === POST_OPERATION && answer.mode === ASYNCHRONOUS && !answer.filteringattributes,
  }));
}

export async function addStep(
  client: WebApiClient,
  endpoint: { readonly id: string; readonly name: string },
  { message, entity, messageId, filterId }: WantedStep,
): Promise<void> {
  const body = {
    name: `${endpoint.name}: ${message}${entity === null ? '' : ` of ${entity}`}`,
    stage: POST_OPERATION,
    mode: ASYNCHRONOUS,
    rank: 1,
    supporteddeployment: 0,
    invocationsource: 0,
    asyncautodelete: true,
    'eventhandler_serviceendpoint@odata.bind': `/serviceendpoints(${endpoint.id})`,
    'sdkmessageid@odata.bind': `/sdkmessages(${messageId})`,
    ...(filterId !== null && { 'sdkmessagefilterid@odata.bind': `/sdkmessagefilters(${filterId})` }),
  };
  await client.send({ method: 'POST', path: 'sdkmessageprocessingsteps', body, subject: OTHER });
}

export async function enableStep(client: WebApiClient, { id }: Step): Promise<void> {
  const body = { statecode: 0, statuscode: 1 };
  await client.send({ method: 'PATCH', path: `sdkmessageprocessingsteps(${id})`, body, subject: OTHER });
}

export async function removeStep(client: WebApiClient, { id }: Step): Promise<void> {
  await client.send({ method: 'DELETE', path: `sdkmessageprocessingsteps(${id})`, subject: OTHER });
}

function keyOf({ message, entity }: Pick<Step, 'message' | 'entity'>): string {
  return `${message} ${entity ?? ''}`;
}
