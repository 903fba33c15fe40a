import { FreshetError } from '../../../shared/errors/error.ts';
import { preflight } from '../../../shared/refresh/preflight/preflight.ts';
import { keptDatabases } from '../../../shared/refresh/requests/databases.ts';
import {
  abort,
  fetchStatus as findOperation,
  type OperationRef,
  rollBack,
  signOff,
} from '../../../shared/refresh/requests/operations.ts';
import { refresh } from '../../../shared/refresh/requests/refresh.ts';
import { runbookLog, runbookLogZip } from '../../../shared/refresh/requests/runbook-log.ts';
import { stepsAfter } from '../../../shared/refresh/requests/steps-after.ts';
import { Download, type LcsCall, type LcsEndpoint, readBody } from './endpoint.ts';
import { assetJson, detailsJson, preflightJson, rulesJson, statusJson } from './json.ts';
import {
  databaseList,
  fetchStatus,
  lcsResult,
  operationDetails,
  preflightResult,
  scrubRuleList,
  signOffBody,
} from './shapes.ts';

export const MOVEMENT = 'databasemovement/v1';
export const WAY = 'project/{projectId}/source/{sourceEnvironmentId}/target/{targetEnvironmentId}';
const ACTIVITY = 'project/{projectId}/environment/{environmentId}/operationactivity/{operationActivityId}';

/** The Database Movement API; and in its style what the pages of Lifecycle Services did without one. */
export const MOVEMENT_ENDPOINTS: readonly LcsEndpoint[] = [
  {
    name: 'DatabaseMovement_Refresh',
    method: 'POST',
    route: `${MOVEMENT}/refresh/${WAY}`,
    summary: 'Begins to refresh the target from the source, after all checks; refused calls do not count.',
    answer: lcsResult,
    role: 'EnvironmentManager',
    handler: async (call) => {
      const { id } = await refresh(call.app.refresh, call.person, wayOf(call));
      await call.drive(id);
      return { OperationActivityId: id };
    },
  },
  {
    name: 'DatabaseMovement_FetchStatus',
    method: 'GET',
    route: `${MOVEMENT}/fetchstatus/${ACTIVITY}`,
    summary: 'How an operation stands. Of a refresh, the environment is the target.',
    answer: fetchStatus,
    role: 'Reader',
    handler: async (call) => statusJson(await findOperation(call.app.refresh, operationOf(call))),
  },
  {
    name: 'DatabaseMovement_GetDatabases',
    method: 'GET',
    route: `${MOVEMENT}/databases/project/{projectId}`,
    summary: 'The databases that are kept until a sign-off, and the restore points.',
    answer: databaseList,
    role: 'Reader',
    handler: async (call) => ({
      DatabaseAssets: (await keptDatabases(call.app.refresh, call.projectId)).map(assetJson),
    }),
  },
  {
    name: 'DatabaseMovement_Export',
    method: 'POST',
    route: `${MOVEMENT}/export/project/{projectId}/environment/{environmentId}/backupName/{backupName}`,
    summary: 'Not supported: IsSuccess is false.',
    answer: lcsResult,
    role: 'EnvironmentManager',
    handler: async () => {
      throw new FreshetError('EXPORT_NOT_SUPPORTED');
    },
  },
  ...(['GET', 'POST'] as const).map(
    (method): LcsEndpoint => ({
      name: method === 'GET' ? 'DatabaseMovement_Preflight' : 'DatabaseMovement_PostPreflight',
      method,
      route: `${MOVEMENT}/preflight/${WAY}`,
      summary: 'The dry run: everything that a refresh would find, what it would not copy, and how long it would take.',
      answer: preflightResult,
      role: 'Reader',
      handler: async (call) => preflightJson(await preflight(call.app.refresh, wayOf(call))),
    }),
  ),
  {
    name: 'DatabaseMovement_GetOperation',
    method: 'GET',
    route: `${MOVEMENT}/operation/${ACTIVITY}`,
    summary:
      'An operation in full: its step with percent, why it failed, what was not copied, what remains to be done.',
    answer: operationDetails,
    role: 'Reader',
    handler: async (call) => {
      const operation = await findOperation(call.app.refresh, operationOf(call));
      return detailsJson(operation, await stepsAfter(call.app.refresh, operation));
    },
  },
  {
    name: 'DatabaseMovement_GetRunbookLog',
    method: 'GET',
    route: `${MOVEMENT}/runbooklog/${ACTIVITY}`,
    summary: 'What the runbook did, as text or as a zip with a file for each turn of a step.',
    query: { format: 'zip: all of it as a zip; otherwise text.' },
    answer: 'text/plain',
    role: 'Reader',
    handler: async (call) => {
      const { refresh: ports } = call.app;
      const operation = operationOf(call);
      const name = `runbook-${operation.operationId}`;
      if (call.query('format')?.toLowerCase() !== 'zip')
        return new Download(await runbookLog(ports, operation), 'text/plain; charset=utf-8', `${name}.log`);
      return new Download(await runbookLogZip(ports, operation), 'application/zip', `${name}.zip`);
    },
  },
  wish('RollBack', 'rollback', 'Brings back what was there before the refresh.', (call) =>
    rollBack(call.app.refresh, call.person, operationOf(call)),
  ),
  {
    ...wish('SignOff', 'signoff', 'Accepts the result: the old databases are dropped.', async (call) => {
      const { AcknowledgedSteps } = await readBody(call.request, signOffBody);
      return signOff(call.app.refresh, call.person, operationOf(call), await acknowledged(call, AcknowledgedSteps));
    }),
    query: { acknowledge: 'all: every step that remains to be done by hand is acknowledged.' },
    body: signOffBody,
  },
  wish('Abort', 'abort', 'Cancels an operation before its swap; the copies are dropped.', (call) =>
    abort(call.app.refresh, call.person, operationOf(call)),
  ),
  {
    name: 'DatabaseMovement_GetScrubRules',
    method: 'GET',
    route: `${MOVEMENT}/scrubrules/project/{projectId}`,
    summary: 'The rules by which copies are scrubbed now.',
    answer: scrubRuleList,
    role: 'Reader',
    handler: async (call) => rulesJson(call.app.refresh.rules),
  },
];

/** What people ask of an operation. */
function wish(
  name: string,
  path: string,
  summary: string,
  run: (call: LcsCall) => Promise<{ readonly id: string }>,
): LcsEndpoint {
  return {
    name: `DatabaseMovement_${name}`,
    method: 'POST',
    route: `${MOVEMENT}/${path}/${ACTIVITY}`,
    summary,
    answer: lcsResult,
    role: 'EnvironmentManager',
    handler: async (call) => {
      const { id } = await run(call);
      await call.drive(id);
      return { OperationActivityId: id };
    },
  };
}

async function acknowledged(call: LcsCall, named: readonly string[]): Promise<readonly string[]> {
  if (call.query('acknowledge')?.toLowerCase() !== 'all') return named;
  const operation = await findOperation(call.app.refresh, operationOf(call));
  return (await stepsAfter(call.app.refresh, operation)).map(({ id }) => id);
}

export function wayOf({ projectId, param }: LcsCall) {
  return { projectId, sourceId: param('sourceEnvironmentId'), targetId: param('targetEnvironmentId') };
}

function operationOf({ projectId, param }: LcsCall): OperationRef {
  return { environment: { projectId, id: param('environmentId') }, operationId: param('operationActivityId') };
}
