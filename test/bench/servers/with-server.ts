import { kindOf } from '../../../shared/sql/kind.ts';
import { withPostgres } from './postgres.ts';
import type { Server } from './server.ts';
import { withSqlServer } from './sqlserver.ts';

/** The SQL Server that FRESHET_DESTINATION names; else a PostgreSQL for this process alone. */
export async function withServer(work: (server: Server) => Promise<void>): Promise<void> {
  const { FRESHET_DESTINATION: address } = process.env;
  if (address && kindOf(address) === 'sqlserver') return withSqlServer(address, work);
  return withPostgres(work);
}
