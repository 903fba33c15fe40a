import { kindOf } from '../sql/kind.ts';
import { type AzureSqlOptions, openAzureSqlDatabases } from './azuresql/databases.ts';
import { logicalServerOf } from './azuresql/resource.ts';
import type { OpenDatabases } from './port.ts';
import { openPostgresDatabases } from './postgres/databases.ts';
import { openTsqlDatabases } from './sqlserver/databases.ts';
import { environmentError } from './sqlserver/errors.ts';
import { machinePlatform } from './sqlserver/machine.ts';

export interface OpenOptions extends AzureSqlOptions {
  /** Where backups of SQL Server lie that both servers of a refresh reach. */
  readonly backups?: string;
}

/** Opens the server that the connection string names: PostgreSQL, Azure SQL by the name of its host, SQL Server else. */
export function openDatabases(options: OpenOptions): OpenDatabases {
  const postgres = openPostgresDatabases();
  const azure = openAzureSqlDatabases(options);
  const machine = openTsqlDatabases(() => machinePlatform(options), options);
  return async (connection) => {
    if (kindOf(connection) === 'postgres') return postgres(connection);
    return isAzure(connection) ? azure(connection) : machine(connection);
  };
}

function isAzure(connection: string): boolean {
  try {
    return logicalServerOf(connection) !== null;
  } catch (error) {
    throw environmentError(error);
  }
}
