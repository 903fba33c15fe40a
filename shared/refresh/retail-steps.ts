import type { Environment } from '../control/environment.ts';

/** A step that people complete after a refresh, and acknowledge at the sign-off. */
export interface RetailStep {
  readonly id: string;
  readonly title: string;
}

/** For environments that use Retail functionality (reference: finance-operations.md, section 2.8). */
const RETAIL_STEPS: readonly RetailStep[] = [
  { id: 'reprovision', title: 'Run the environment reprovisioning tool where it did not run by itself' },
  { id: 'scale-unit', title: 'Initialize the Commerce Scale Unit' },
  { id: 'installers', title: 'Synchronize the self-service installers' },
  { id: 'devices', title: 'Activate the POS devices again' },
  { id: 'full-synchronization', title: 'Run a full synchronization of the channel data' },
];

export const retailSteps = ({ settings }: Pick<Environment, 'settings'>): readonly RetailStep[] =>
  settings.retail ? RETAIL_STEPS : [];
