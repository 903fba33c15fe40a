import { app, type OrchestrationContext, RetryOptions } from 'durable-functions';
import { isFreshetError } from '../shared/errors/error.ts';
import { registered } from '../shared/errors/register.ts';
import {
  ACTIVATION_STEPS,
  type ActivationStep,
  failActivation,
  initialSyncProgress,
  runActivationStep,
} from '../shared/export/profiles/activation.ts';
import { theApp } from './app.ts';

export const ACTIVATE_PROFILE = 'activateProfile';

export interface Activation {
  readonly profileId: string;
  /** The steps are done; only the initial synchronization is watched. */
  readonly watching?: boolean;
}

const STEP = 'activationStep';
const PROGRESS = 'initialSyncProgress';

/** A step that meets trouble which passes by itself is tried for about five minutes. */
const RETRY_FIRST_MS = 2_000;
const RETRY_ATTEMPTS = 8;
const WATCH_EVERY_MS = 10_000;
/** Then the orchestration continues as new, so that its history stays short. */
const LOOKS_PER_HISTORY = 30;

app.orchestration(ACTIVATE_PROFILE, function* (context: OrchestrationContext) {
  const { profileId, watching } = context.df.getInput<Activation>();
  if (!watching) {
    for (const step of ACTIVATION_STEPS) {
      context.df.setCustomStatus({ step });
      const outcome: StepOutcome = yield context.df.callActivityWithRetry(STEP, stepRetry(), { profileId, step });
      if (outcome.failed) return { step, ...outcome };
    }
  }
  for (let look = 0; look < LOOKS_PER_HISTORY; look++) {
    const progress: Progress = yield context.df.callActivity(PROGRESS, { profileId });
    context.df.setCustomStatus({ step: 'watch', ...progress });
    if (progress.over) return { step: 'active', ...progress };
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + WATCH_EVERY_MS));
  }
  context.df.continueAsNew({ profileId, watching: true } satisfies Activation);
  return null;
});

type Progress = Awaited<ReturnType<typeof initialSyncProgress>>;

interface StepOutcome {
  readonly failed: { readonly code: string; readonly text: string } | null;
}

function stepRetry(): RetryOptions {
  const retry = new RetryOptions(RETRY_FIRST_MS, RETRY_ATTEMPTS);
  retry.backoffCoefficient = 2;
  return retry;
}

/** Trouble that passes is thrown, for another attempt; anything else ends the activation and is kept in the profile. */
app.activity(STEP, {
  handler: async ({ profileId, step }: { profileId: string; step: ActivationStep }): Promise<StepOutcome> => {
    const { ports } = theApp();
    try {
      await runActivationStep(ports, profileId, step);
      return { failed: null };
    } catch (error) {
      if (!isFreshetError(error)) throw error;
      const failed = { code: error.code, text: error.message };
      await failActivation(ports, profileId, failed);
      if (registered(error.code).class === 'retry') throw error;
      return { failed };
    }
  },
});

app.activity(PROGRESS, {
  handler: ({ profileId }: { profileId: string }) => initialSyncProgress(theApp().ports, profileId),
});
