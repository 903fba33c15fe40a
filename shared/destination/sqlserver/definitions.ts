import { FreshetError } from '../../errors/error.ts';
import { classify } from '../../sql/sqlserver/classify.ts';
import { fitName } from '../../sql/sqlserver/names.ts';
import { type Session, text } from '../../sql/sqlserver/session.ts';
import type { DefinitionStatements, ObjectName } from '../sql/statements.ts';
import * as ddl from './ddl.ts';
import { OWN_COLUMNS } from './dialect.ts';
import { columnsAsHeld } from './held-rows.ts';
import * as standing from './introspect.ts';
import { syncMetadata, tellsOf } from './metadata-tables.ts';
import { entityObjects, ownObjects } from './objects.ts';
import { examine } from './permissions.ts';

/** Objects depend on the column; the second number names the first of them. */
const IN_USE: readonly unknown[] = [4922, 5074];

export const definitions: DefinitionStatements<Session> = {
  ...ddl,
  ...standing,
  ownColumns: OWN_COLUMNS,
  fitName,
  ownObjects,
  entityObjects,
  columnsAsHeld,
  syncMetadata,
  tellsOf,
  examine,
  classify,
  lockDefinition,
  isColumnInUse: ({ values }) => IN_USE.includes(values.number),
};

/** A definition may rewrite a table, and whoever waits for it has as long as any statement. */
const LOCK_TIMEOUT_MS = 60_000;

async function lockDefinition(session: Session, { schema, name }: ObjectName): Promise<void> {
  const [locked] = await session.query<{ result: number }>(
    `DECLARE @result int;
EXEC @result = sp_getapplock @Resource = @lock, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = ${LOCK_TIMEOUT_MS};
SELECT @result AS result`,
    { lock: text(fitName(`freshet ${schema} ${name}`)) },
  );
  if ((locked?.result ?? -1) >= 0) return;
  throw new FreshetError('DESTINATION_UNAVAILABLE', { text: `another worker defines table ${name}`, number: '' });
}
