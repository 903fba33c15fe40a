import type { Administrator } from './model.ts';
import type { Condition, ScrubRule, SetRule } from './scrub-rules.ts';

/** How the row `Admin` of the users is found (its spelling differs). */
const ADMIN_ROW: { readonly table: string; readonly where: Condition[] } = {
  table: 'UserInfo',
  where: [{ column: 'ID', op: '=', value: 'Admin', ignoreCase: true }],
};

/** To count those rows by; it is never applied. */
export const ADMIN_ROWS: ScrubRule = { id: 'administrator', title: 'The user Admin', action: 'delete', ...ADMIN_ROW };

const ENABLED = 1;

/** Where the tenant of an environment is written, as far as a version has these tables. */
const TENANT_PLACES: readonly Pick<SetRule, 'table' | 'column' | 'where'>[] = [
  {
    table: 'SysServiceConfigurationSetting',
    column: 'VALUE',
    where: [{ column: 'NAME', op: '=', value: 'TENANTID', ignoreCase: true }],
  },
  { table: 'PowerBIConfig', column: 'TENANTID' },
  { table: 'ProvisioningMessageTable', column: 'TENANTID' },
];

/**
 * What makes the administrator the user `Admin`, enabled whatever it was in the source, and the tenant that of the environment,
 * as rules: like those, they are applied where table and column stand (reference: finance-operations.md, sections 2.2 and 2.3).
 */
export function administratorRules(administrator: Administrator): SetRule[] {
  const fields = {
    SID: administrator.sid,
    NETWORKALIAS: administrator.alias,
    NETWORKDOMAIN: administrator.domain,
    IDENTITYPROVIDER: administrator.identityProvider,
    ENABLE: ENABLED,
  };
  const places = [
    ...Object.entries(fields).map(([column, value]) => ({ ...ADMIN_ROW, column, value })),
    ...TENANT_PLACES.map((place) => ({ ...place, value: administrator.tenantId })),
  ];
  return places.map((place, number) => ({
    id: `administrator-${number + 1}`,
    title: `The environment administrator in ${place.table}.${place.column}`,
    action: 'set',
    ...place,
  }));
}
