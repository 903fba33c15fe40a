import { ACTION_ENDPOINTS } from './actions.ts';
import type { Endpoint } from './endpoint.ts';
import { MOVEMENT_ENDPOINTS } from './lcs/database-movement.ts';
import type { LcsEndpoint } from './lcs/endpoint.ts';
import { ENVIRONMENT_ENDPOINTS } from './lcs/environments.ts';
import { SCHEDULE_ENDPOINTS } from './lcs/schedules.ts';
import { lcsResult } from './lcs/shapes.ts';
import { METADATA_ENDPOINTS } from './metadata.ts';
import type { Operation } from './operation.ts';
import { PROFILE_ENDPOINTS } from './profiles.ts';

/** The export's operations. */
export const ENDPOINTS: readonly Endpoint[] = [...METADATA_ENDPOINTS, ...PROFILE_ENDPOINTS, ...ACTION_ENDPOINTS];

/** The operations of Lifecycle Services. */
export const LCS_ENDPOINTS: readonly LcsEndpoint[] = [
  ...MOVEMENT_ENDPOINTS,
  ...SCHEDULE_ENDPOINTS,
  ...ENVIRONMENT_ENDPOINTS,
];

/** All operations that need a token. */
export const OPERATIONS: readonly Operation[] = [
  ...ENDPOINTS,
  ...LCS_ENDPOINTS.map((endpoint) => ({ ...endpoint, refusal: lcsResult })),
];
