import { parseAddress } from '../../sql/sqlserver/address.ts';
import { TAKEN } from '../../sql/sqlserver/classify.ts';
import { connect, type SqlServerPool } from '../../sql/sqlserver/connect.ts';
import { type Session, unitsOn } from '../../sql/sqlserver/session.ts';
import type { DestinationAddress } from '../model.ts';
import type { OpenDestination } from '../port.ts';
import { SqlDestination } from '../sql/destination.ts';
import type { Dialect } from '../sql/statements.ts';
import { definitions } from './definitions.ts';
import { objectNames, RANGE } from './dialect.ts';
import { adviceOnAddress } from './permissions.ts';
import * as positions from './positions.ts';
import * as retries from './retries.ts';
import * as rows from './rows.ts';

const INVALID_OBJECT_NAME = 208;

export const SQL_SERVER: Dialect<Session> = {
  range: RANGE,
  names: objectNames,
  isMissingTable: ({ values }) => values.number === INVALID_OBJECT_NAME,
  isTaken: ({ values }) => TAKEN.includes(Number(values.number)),
  positions,
  retries,
  rows,
  definitions,
};

export const openSqlServerDestination: OpenDestination = (connectionString, address) =>
  new SqlServerDestination(connect(connectionString), address, adviceOnAddress(parseAddress(connectionString)));

export class SqlServerDestination extends SqlDestination<Session> {
  constructor(pool: SqlServerPool, address: DestinationAddress, advice: readonly string[] = []) {
    super(unitsOn(pool), SQL_SERVER, address, advice);
  }
}
