import type { PermissionCheck } from './model.ts';

/** The permissions that the original asks of the destination's user (reference: destination-database.md, section 5). */
export const PERMISSIONS = {
  CRTB: { name: 'CREATE TABLE', scope: 'database' },
  CRTY: { name: 'CREATE TYPE', scope: 'database' },
  CRVW: { name: 'CREATE VIEW', scope: 'database' },
  CRPR: { name: 'CREATE PROCEDURE', scope: 'database' },
  ALUS: { name: 'ALTER ANY USER', scope: 'database' },
  VWDS: { name: 'VIEW DATABASE STATE', scope: 'database' },
  AL: { name: 'ALTER', scope: 'schema' },
  IN: { name: 'INSERT', scope: 'schema' },
  DL: { name: 'DELETE', scope: 'schema' },
  SL: { name: 'SELECT', scope: 'schema' },
  UP: { name: 'UPDATE', scope: 'schema' },
  EX: { name: 'EXECUTE', scope: 'schema' },
  RF: { name: 'REFERENCES', scope: 'schema' },
} as const satisfies Record<string, Pick<PermissionCheck, 'name' | 'scope'>>;

export type PermissionCode = keyof typeof PERMISSIONS;
export const PERMISSION_CODES = Object.keys(PERMISSIONS) as PermissionCode[];

export function permissionCheck(
  code: PermissionCode,
  state: PermissionCheck['state'],
  reason: string,
  remedy: string | null = null,
): PermissionCheck {
  return { code, ...PERMISSIONS[code], state, reason, remedy };
}
