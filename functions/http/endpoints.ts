import { ACTION_ENDPOINTS } from './actions.ts';
import type { Endpoint } from './endpoint.ts';
import { METADATA_ENDPOINTS } from './metadata.ts';
import { PROFILE_ENDPOINTS } from './profiles.ts';

/** All operations that need a token. */
export const ENDPOINTS: readonly Endpoint[] = [...METADATA_ENDPOINTS, ...PROFILE_ENDPOINTS, ...ACTION_ENDPOINTS];
