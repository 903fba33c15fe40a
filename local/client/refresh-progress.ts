import { setTimeout as pause } from 'node:timers/promises';
import type { Bar, ProgressDisplay } from '../terminal/progress.ts';
import type { Activity, LcsClient, OperationDetails } from './lcs-client.ts';

const LOOK_MS = 200;
const WHOLE = 100;
/** So that the bars of all steps stand below each other. */
const LABEL_CELLS = 38;
/** While the client of the original goes on to poll. */
const UNDER_WAY = ['NotStarted', 'InProgress', 'RollbackInProgress'];

/** Shows the steps of an operation until it rests; rejects when it does not within the time. */
export async function watchOperation(
  client: LcsClient,
  activity: Activity,
  display: ProgressDisplay,
  withinMs: number,
): Promise<OperationDetails> {
  const deadline = performance.now() + withinMs;
  const bars = new Map<string, Bar>();
  for (;;) {
    const details = await client.details(activity);
    if (!details.IsSuccess) throw new Error(details.ErrorMessage ?? 'the operation does not say how it stands');
    advance(bars, details);
    display.show([...bars.values()]);
    if (!UNDER_WAY.includes(details.OperationStatus)) {
      display.end();
      return details;
    }
    if (performance.now() > deadline) throw new Error(`the operation is still at: ${details.Step}`);
    await pause(LOOK_MS);
  }
}

/** The steps before the one of now are done, but one that failed. */
function advance(bars: Map<string, Bar>, { Step, StepProgress, PercentComplete, Failure }: OperationDetails): void {
  for (const [step, bar] of bars) {
    if (step !== Failure?.Step) bars.set(step, { ...bar, done: WHOLE });
    else bars.set(step, { ...bar, note: 'failed' });
  }
  if (Step === null) return;
  const [done, note] = [PercentComplete ?? 0, StepProgress ?? ''];
  bars.set(Step, { label: Step.padEnd(LABEL_CELLS), done, of: WHOLE, note });
}
