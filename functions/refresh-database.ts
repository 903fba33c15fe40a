import type { InvocationContext } from '@azure/functions';
import { app, getClient, type OrchestrationContext, RetryOptions } from 'durable-functions';
import { runStep, type StepOutcome } from '../shared/refresh/runbook/run-step.ts';
import { theApp } from './app.ts';

export const REFRESH_DATABASE = 'refreshDatabase';

const STEP = 'runbookStep';

/** A control database that does not answer is waited for so long (some ten minutes); then the timer finds the operation. */
const RETRY_FIRST_MS = 2_000;
const RETRY_MAX_MS = 60_000;
const RETRY_ATTEMPTS = 15;
/** Then the orchestration continues as new, so that its history stays short. */
const TURNS_PER_HISTORY = 50;

app.orchestration(REFRESH_DATABASE, refreshDatabase);

/**
 * Takes an operation's steps until there is nothing more to do. It knows no step: the operation's row says which is next and
 * how the last one ended, so this may be lost, started twice or begun anew at any moment.
 */
export function* refreshDatabase(context: OrchestrationContext) {
  const operationId = context.df.getInput<string>();
  for (let turn = 0; turn < TURNS_PER_HISTORY; turn++) {
    const outcome: StepOutcome = yield context.df.callActivityWithRetry(STEP, retry(), operationId);
    context.df.setCustomStatus(outcome);
    if (outcome.outcome === 'ended') return outcome;
    if (outcome.afterMs > 0) {
      yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + outcome.afterMs));
    }
  }
  context.df.continueAsNew(operationId);
  return null;
}

function retry(): RetryOptions {
  const options = new RetryOptions(RETRY_FIRST_MS, RETRY_ATTEMPTS);
  options.backoffCoefficient = 2;
  options.maxRetryIntervalInMilliseconds = RETRY_MAX_MS;
  return options;
}

app.activity(STEP, { handler: (operationId: string) => runStep(theApp().refresh, operationId) });

/** Under an id of its own: one that has the operation's last turn behind it may not have ended yet. */
export async function drive(context: InvocationContext, operationId: string): Promise<void> {
  const instanceId = `refresh-${operationId}-${theApp().refresh.newId()}`;
  await getClient(context).startNew(REFRESH_DATABASE, { instanceId, input: operationId });
}
