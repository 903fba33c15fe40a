import { app, type OrchestrationContext, RetryOptions } from 'durable-functions';
import {
  type Activation,
  type ActivationStep,
  initialSyncProgress,
  runActivationStep,
  type StepOutcome,
  type SyncProgress,
  stepsOf,
} from '../shared/export/profiles/activation.ts';
import { theApp } from './app.ts';

export const ACTIVATE_PROFILE = 'activateProfile';

interface Input extends Activation {
  /** The steps are done; only the initial synchronization is watched. */
  readonly watching?: boolean;
}

const STEP = 'activationStep';
const PROGRESS = 'initialSyncProgress';

/** An activity that meets trouble which passes by itself is tried for about five minutes. */
const RETRY_FIRST_MS = 2_000;
const RETRY_ATTEMPTS = 8;
const WATCH_EVERY_MS = 10_000;
/** Then the orchestration continues as new, so that its history stays short. */
const LOOKS_PER_HISTORY = 30;

app.orchestration(ACTIVATE_PROFILE, activateProfile);

/** The steps one after the other, then the watch. The custom status says where it is, and in the end how it ended. */
export function* activateProfile(context: OrchestrationContext) {
  const { watching, ...activation } = context.df.getInput<Input>();
  if (!watching) {
    for (const step of stepsOf(activation)) {
      context.df.setCustomStatus({ step });
      const ended: StepOutcome = yield context.df.callActivityWithRetry(STEP, retry(), { ...activation, step });
      if (ended.outcome !== 'done') return end(context, { step, ...ended });
    }
    if (activation.scope === 'metadata') return end(context, { step: 'define', outcome: 'done' });
  }
  for (let look = 0; look < LOOKS_PER_HISTORY; look++) {
    const progress: SyncProgress = yield context.df.callActivityWithRetry(PROGRESS, retry(), activation);
    if (progress.outcome !== 'under way') return end(context, { step: 'watch', ...progress });
    context.df.setCustomStatus({ step: 'watch', ...progress });
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + WATCH_EVERY_MS));
  }
  context.df.continueAsNew({ ...activation, watching: true } satisfies Input);
  return null;
}

function end<T>(context: OrchestrationContext, status: T): T {
  context.df.setCustomStatus(status);
  return status;
}

function retry(): RetryOptions {
  const options = new RetryOptions(RETRY_FIRST_MS, RETRY_ATTEMPTS);
  options.backoffCoefficient = 2;
  return options;
}

app.activity(STEP, {
  handler: ({ step, ...activation }: Activation & { step: ActivationStep }) =>
    runActivationStep(theApp().ports, activation, step),
});

app.activity(PROGRESS, {
  handler: (activation: Activation) => initialSyncProgress(theApp().ports, activation),
});
