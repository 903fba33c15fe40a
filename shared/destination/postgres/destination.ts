import { parseAddress } from '../../sql/postgres/address.ts';
import { TAKEN } from '../../sql/postgres/classify.ts';
import { connect, type PostgresPool } from '../../sql/postgres/connect.ts';
import { type Session, unitsOn } from '../../sql/postgres/session.ts';
import type { DestinationAddress } from '../model.ts';
import type { OpenDestination } from '../port.ts';
import { SqlDestination } from '../sql/destination.ts';
import type { Dialect } from '../sql/statements.ts';
import { definitions } from './definitions.ts';
import { RANGE, tableNames } from './dialect.ts';
import { adviceOnAddress } from './permissions.ts';
import * as positions from './positions.ts';
import * as retries from './retries.ts';
import * as rows from './rows.ts';

const UNDEFINED_TABLE = '42P01';

const POSTGRES: Dialect<Session> = {
  range: RANGE,
  names: tableNames,
  isMissingTable: ({ values }) => values.number === UNDEFINED_TABLE,
  isTaken: ({ values }) => values.number === TAKEN,
  positions,
  retries,
  rows,
  definitions,
};

export const openPostgresDestination: OpenDestination = (connectionString, address) =>
  new PostgresDestination(connect(connectionString), address, adviceOnAddress(parseAddress(connectionString)));

export class PostgresDestination extends SqlDestination<Session> {
  constructor(pool: PostgresPool, address: DestinationAddress, advice: readonly string[] = []) {
    super(unitsOn(pool), POSTGRES, address, advice);
  }
}
