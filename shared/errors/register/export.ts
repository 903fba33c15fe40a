import type { RegisteredError } from '../register.ts';

export const EXPORT_ERRORS = {} as const satisfies Record<string, RegisteredError>;
