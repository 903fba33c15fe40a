import type { CallLimit } from '../../../shared/control/calls.port.ts';
import { type EnvironmentKey, idKey } from '../../../shared/control/environment.ts';
import { FreshetError } from '../../../shared/errors/error.ts';
import {
  type EnvironmentView,
  environmentHistory,
  environmentDetails as listEnvironments,
  type Page,
  registerEnvironment,
  removeEnvironment,
  startEnvironment,
  stopEnvironment,
} from '../../../shared/refresh/requests/environments.ts';
import { type LcsCall, type LcsEndpoint, readBody } from './endpoint.ts';
import { environmentBody, settingsOf } from './environment-body.ts';
import { environmentJson, historyJson, registeredJson } from './environment-json.ts';
import { environmentDetails, environmentPage, historyPage, lcsResult } from './shapes.ts';

const INFO = 'environmentinfo/v1';
const ENVIRONMENT = 'project/{projectId}/environment/{environmentId}';
const PAGE = { page: 'Counted from 1.' };

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** The original's limits (reference: finance-operations.md, section 1.5). */
const limit = (key: string, max: number, windowMs: number): CallLimit => ({ key, max, windowMs });
const environmentOf = (call: LcsCall): string => `${call.projectId}/${idKey(call.param('environmentId'))}`;
const metadataLimits = ({ projectId }: LcsCall) => [limit(`metadata/${projectId}`, 6, MINUTE_MS)];
const historyLimits = (call: LcsCall) => [
  limit(`history/${environmentOf(call)}`, 6, 30 * SECOND_MS),
  limit(`history/${call.projectId}`, 6, MINUTE_MS),
];
const startStopLimits = (call: LcsCall) => [
  limit(`start-stop/${environmentOf(call)}`, 1, 5 * MINUTE_MS),
  limit(`start-stop/user/${call.caller.id}`, 30, 30 * MINUTE_MS),
];

/** The environments of a project: the calls of the original, and the registry that they tell of. */
export const ENVIRONMENT_ENDPOINTS: readonly LcsEndpoint[] = [
  {
    name: 'EnvironmentInfo_GetDetail',
    method: 'GET',
    route: `${INFO}/detail/project/{projectId}`,
    summary: 'The environments of a project, or one of them.',
    query: { ...PAGE, environmentId: 'Only this one.', environmentName: 'Only this one.' },
    answer: environmentPage,
    role: 'Reader',
    limits: metadataLimits,
    handler: async (call) => {
      const found = await listEnvironments(call.app.refresh, call.projectId, {
        page: pageOf(call),
        environmentId: call.query('environmentId'),
        environmentName: call.query('environmentName'),
      });
      return pageJson(found, environmentJson);
    },
  },
  {
    name: 'EnvironmentInfo_GetHistory',
    method: 'GET',
    route: `${INFO}/history/${ENVIRONMENT}`,
    summary: 'The servicing operations of an environment, the newest first.',
    query: PAGE,
    answer: historyPage,
    role: 'Reader',
    limits: historyLimits,
    handler: async (call) =>
      pageJson(await environmentHistory(call.app.refresh, keyOf(call), pageOf(call)), (row) =>
        historyJson(keyOf(call), row),
      ),
  },
  startStop(
    'start',
    'Marks a customer-managed environment as started; one that is started stays so.',
    startEnvironment,
  ),
  startStop('stop', 'Marks a customer-managed environment as stopped.', stopEnvironment),
  {
    name: 'EnvironmentInfo_Get',
    method: 'GET',
    route: `${INFO}/environment/${ENVIRONMENT}`,
    summary: 'What is registered of an environment; of secrets their names alone, and those of production never.',
    answer: environmentDetails,
    role: 'Reader',
    handler: async (call) => registeredJson(await theEnvironment(call), call.role),
  },
  {
    name: 'EnvironmentInfo_Register',
    method: 'PUT',
    route: `${INFO}/environment/${ENVIRONMENT}`,
    summary:
      'Registers an environment, or replaces what is registered of it. While an operation concerns it: its type, tenant, administrators, databases, synchronization address and use of Retail stay.',
    body: environmentBody,
    answer: lcsResult,
    role: 'ProjectOwner',
    handler: async (call) => {
      const settings = settingsOf(await readBody(call.request, environmentBody, 'ENVIRONMENT_INVALID'));
      await registerEnvironment(call.app.refresh, newKeyOf(call), settings);
      return {};
    },
  },
  {
    name: 'EnvironmentInfo_Remove',
    method: 'DELETE',
    route: `${INFO}/environment/${ENVIRONMENT}`,
    summary: 'Takes an environment out of the registry; its databases stay as they are.',
    answer: lcsResult,
    role: 'ProjectOwner',
    handler: async (call) => {
      await removeEnvironment(call.app.refresh, keyOf(call));
      return {};
    },
  },
];

function startStop(
  wish: 'start' | 'stop',
  summary: string,
  run: (ports: LcsCall['app']['refresh'], key: EnvironmentKey) => Promise<void>,
): LcsEndpoint {
  return {
    name: `Environment_${wish === 'start' ? 'Start' : 'Stop'}`,
    method: 'POST',
    route: `environment/v1/${wish}/${ENVIRONMENT}`,
    summary,
    answer: lcsResult,
    role: 'EnvironmentManager',
    limits: startStopLimits,
    handler: async (call) => {
      await run(call.app.refresh, keyOf(call));
      return {};
    },
  };
}

async function theEnvironment(call: LcsCall): Promise<EnvironmentView> {
  const { projectId, id: environmentId } = keyOf(call);
  const [found] = (await listEnvironments(call.app.refresh, projectId, { environmentId })).rows;
  if (!found) throw new FreshetError('ENVIRONMENT_NOT_FOUND', { environmentId });
  return found;
}

function keyOf({ projectId, param }: LcsCall): EnvironmentKey {
  return { projectId, id: param('environmentId') };
}

const GUID_DIGITS = /^[0-9a-f]{32}$/;

function newKeyOf(call: LcsCall): EnvironmentKey {
  const key = keyOf(call);
  if (GUID_DIGITS.test(idKey(key.id))) return key;
  const details = 'environmentId: it is neither a GUID nor its 32 hexadecimal digits';
  throw new FreshetError('ENVIRONMENT_INVALID', { details });
}

/** What is no number means the first page. */
function pageOf({ query }: LcsCall): number {
  const page = Number(query('page') ?? 1);
  return Number.isSafeInteger(page) && page > 0 ? page : 1;
}

function pageJson<T, Json>({ page, hasMore, rows }: Page<T>, toJson: (row: T) => Json) {
  return { ResultPageCurrent: page, ResultHasMorePages: hasMore, Data: rows.map(toJson) };
}
