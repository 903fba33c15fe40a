import { createRequire } from 'node:module';
import * as df from 'durable-functions';
import { type OrchestratorState, stateOfFailure } from '../../../local/functions-host/durable/actions.ts';
import type { HistoryEvent } from '../../../local/functions-host/durable/history.ts';

/** The SDK's own replay; not exported by the package, hence the seam without types. */
interface TestingUtils {
  createOrchestrator(
    fn: df.OrchestrationHandler,
  ): (input: unknown, context: df.DummyOrchestrationContext) => Promise<object>;
  DurableOrchestrationInput: new (
    instanceId: string,
    history: object[],
    input: unknown,
    longTimerInterval: string,
    longestShortTimer: string,
    httpSleepMs: number,
    schemaVersion: number,
  ) => object;
}

const SCHEMA_V3 = 2;
const sdk: TestingUtils = createRequire(import.meta.url)('durable-functions/lib/src/util/testingUtils.js');

export interface SdkEpisode {
  readonly state: OrchestratorState;
  /** What the SDK waits for: number and, where it is a call, its name. */
  readonly open: readonly { readonly id: number; readonly name: string | undefined }[];
}

/** One episode of an orchestrator, as the genuine SDK replays it. */
export async function replayBySdk(fn: df.OrchestrationHandler, history: readonly HistoryEvent[]): Promise<SdkEpisode> {
  const context = new df.DummyOrchestrationContext('test');
  // A copy, because the SDK replaces the timestamps by dates.
  const events: object[] = JSON.parse(JSON.stringify(history));
  const input = new sdk.DurableOrchestrationInput('test', events, null, '3.00:00:00', '6.00:00:00', 30_000, SCHEMA_V3);
  const state = await run(() => sdk.createOrchestrator(fn)(input, context));
  return { state, open: openTasks(context) };
}

async function run(orchestrate: () => Promise<object>): Promise<OrchestratorState> {
  try {
    return JSON.parse(JSON.stringify(await orchestrate()));
  } catch (error) {
    return stateOfFailure(error instanceof Error ? error.message : String(error));
  }
}

interface Executor {
  readonly openTasks: Record<string, { readonly actionObj: { readonly functionName?: string } | string }>;
}

function openTasks(context: df.DummyOrchestrationContext) {
  const { taskOrchestratorExecutor } = context.df as unknown as { taskOrchestratorExecutor: Executor };
  return Object.entries(taskOrchestratorExecutor.openTasks).map(([id, { actionObj }]) => ({
    id: Number(id),
    name: typeof actionObj === 'string' ? undefined : actionObj.functionName,
  }));
}
