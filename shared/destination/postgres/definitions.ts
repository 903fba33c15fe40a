import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { FreshetError } from '../../errors/error.ts';
import { classify } from '../../sql/postgres/classify.ts';
import { fitName } from '../../sql/postgres/names.ts';
import type { Session } from '../../sql/postgres/session.ts';
import { metadataRows } from '../metadata-rows.ts';
import { METADATA_TABLES } from '../metadata-tables.ts';
import type { DefinitionStatements, ObjectName, TableNames } from '../sql/statements.ts';
import * as ddl from './ddl.ts';
import { OWN_COLUMNS } from './dialect.ts';
import { columnsAsHeld } from './held-rows.ts';
import * as standing from './introspect.ts';
import { syncMetadataTable, tellsOf } from './metadata-tables.ts';
import { entityObjects, ownObjects } from './objects.ts';
import { examine } from './permissions.ts';

/** What PostgreSQL says when a view or rule uses a column whose type is to change. */
const FEATURE_NOT_SUPPORTED = '0A000';

export const definitions: DefinitionStatements<Session> = {
  ...ddl,
  ...standing,
  ownColumns: OWN_COLUMNS,
  fitName,
  ownObjects,
  entityObjects,
  columnsAsHeld,
  tellsOf,
  examine,
  classify,
  lockDefinition,
  syncMetadata,
  isColumnInUse: ({ values }: FreshetError) => values.number === FEATURE_NOT_SUPPORTED,
};

async function lockDefinition(session: Session, { schema, name }: ObjectName): Promise<void> {
  await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`freshet ${schema} ${name}`]);
}

async function syncMetadata(session: Session, { metadata }: TableNames, entity: EntityMetadata): Promise<void> {
  const rows = metadataRows(entity);
  for (const kind of METADATA_TABLES) await syncMetadataTable(session, kind, metadata[kind], entity.logicalName, rows);
}
