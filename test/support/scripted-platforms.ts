import { openAzureSqlDatabases } from '../../shared/environment-databases/azuresql/databases.ts';
import type { EnvironmentDatabases } from '../../shared/environment-databases/port.ts';
import { openTsqlDatabases } from '../../shared/environment-databases/sqlserver/databases.ts';
import { machinePlatform } from '../../shared/environment-databases/sqlserver/machine.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import type { ScriptedDatabases } from './scripted-databases.ts';

/** The adapters that speak T-SQL, as the product opens them but for the server that they reach. */
export interface ScriptedPlatform {
  readonly host: string;
  open(server: ScriptedDatabases, rangeRows?: number): Promise<EnvironmentDatabases>;
}

/** What no statement may ever hold. */
export const PASSWORD = 'Pa55-of-the-runbook';

export function addressOf(host: string, database: string): string {
  return `Server=${host};Initial Catalog="${database.replaceAll('"', '""')}";User ID=runbook;Password=${PASSWORD}`;
}

const COMMON = { clock: systemClock, newId: () => 'id' };
const RANGE_ROWS = 5;

export const MACHINE: ScriptedPlatform = {
  host: '127.0.0.1,1433',
  open({ connect }, rangeRows = RANGE_ROWS) {
    const options = { ...COMMON, connect, rangeRows };
    return openTsqlDatabases(() => machinePlatform(options), options)(addressOf(MACHINE.host, 'master'));
  },
};

export const AZURE: ScriptedPlatform = {
  host: 'tcp:contoso.database.windows.net,1433',
  open({ connect }, rangeRows = RANGE_ROWS) {
    return openAzureSqlDatabases({ ...COMMON, connect, rangeRows, pollMs: 1 })(addressOf(AZURE.host, 'master'));
  },
};
