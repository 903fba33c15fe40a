import type { DatabaseSync } from 'node:sqlite';
import type { EntityDefinition } from '../model/definitions.ts';
import type { OrganizationState } from '../model/organization-types.ts';
import type { Row } from '../model/row.ts';
import type { Binned, Deletion } from '../model/table.ts';
import { cellDecoder, referencePool } from './row-codec.ts';

type Stored = Record<string, string | number>;

/** Reads the organization's state; null when nothing was ever stored. */
export function loadState(database: DatabaseSync): OrganizationState | null {
  const version = numberSetting(database, 'version');
  const metadataVersion = numberSetting(database, 'metadataVersion');
  if (version === null || metadataVersion === null) return null;
  const referenceOf = referencePool();
  const decode = cellDecoder(referenceOf);
  const rowOf = (entity: string, { id, version: rowVersion, cells }: Stored): Row => ({
    self: referenceOf(entity, String(id)),
    version: Number(rowVersion),
    cells: decode(String(cells)),
  });
  const entities = database.prepare('SELECT * FROM entity ORDER BY position').all() as Stored[];
  const tables = entities.map((entity) => {
    const name = String(entity.name);
    return {
      definition: JSON.parse(String(entity.definition)) as EntityDefinition,
      tokensSince: Number(entity.tokens_since),
      slots: JSON.parse(String(entity.slots)) as [string, number][],
      slotCount: Number(entity.slot_count),
      rows: collect(database, 'SELECT id, version, cells FROM record WHERE entity = ?', name, (one) =>
        rowOf(name, one),
      ),
      deletions: collect(database, 'SELECT version, id, at FROM deletion WHERE entity = ?', name, deletionOf),
      binned: collect(
        database,
        BINNED,
        name,
        (one): Binned => ({
          row: rowOf(name, { ...one, version: one.row_version ?? 0 }),
          version: Number(one.version),
          group: Number(one.group),
        }),
      ),
    };
  });
  return { version, metadataVersion, tables };
}

/** Rows that were restored since are no longer in the bin. */
const BINNED = `SELECT id, version, "group", row_version, cells FROM binned
  WHERE entity = ? AND NOT EXISTS (SELECT 1 FROM record r WHERE r.entity = binned.entity AND r.id = binned.id)
  ORDER BY version`;

function deletionOf({ version, id, at }: Stored): Deletion {
  return { version: Number(version), id: String(id), at: Number(at) };
}

function collect<T>(database: DatabaseSync, sql: string, entity: string, make: (stored: Stored) => T): T[] {
  const result: T[] = [];
  for (const stored of database.prepare(sql).iterate(entity)) result.push(make(stored as Stored));
  return result;
}

function numberSetting(database: DatabaseSync, name: string): number | null {
  const stored = database.prepare('SELECT value FROM setting WHERE name = ?').get(name) as
    | { value: string }
    | undefined;
  return stored ? Number(stored.value) : null;
}
