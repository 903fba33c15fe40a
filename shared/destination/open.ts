import { kindOf } from '../sql/kind.ts';
import type { OpenDestination } from './port.ts';
import { openPostgresDestination } from './postgres/destination.ts';
import { openSqlServerDestination } from './sqlserver/destination.ts';

/** Opens the database that the connection string names, whichever of the two it is. */
export const openDestination: OpenDestination = (connectionString, address) =>
  kindOf(connectionString) === 'postgres'
    ? openPostgresDestination(connectionString, address)
    : openSqlServerDestination(connectionString, address);
