import { type Operation, targetOf } from '../../control/operation.ts';
import type { RefreshPorts } from '../ports.ts';
import { type RetailStep, retailSteps } from '../retail-steps.ts';

/** What people complete after an operation, and acknowledge when they sign it off. */
export async function stepsAfter(ports: RefreshPorts, operation: Operation): Promise<readonly RetailStep[]> {
  const target = await ports.control.environments.get(targetOf(operation));
  return target ? retailSteps(target) : [];
}
