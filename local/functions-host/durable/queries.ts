import type { Database } from './database.ts';
import type { Instance, InstanceFilter } from './model.ts';
import { toInstance } from './rows.ts';

/** Where a listing goes on: behind this instance. */
export interface Position {
  readonly created: number;
  readonly id: string;
}

/** Instances that fit all parts of the filter, oldest first, at most `limit`. */
export function findInstances(
  database: Database,
  filter: InstanceFilter,
  limit: number,
  after: Position = { created: -1, id: '' },
): Instance[] {
  const rows = database.all(
    `SELECT * FROM instances
     WHERE (created, id) > (?, ?)
       AND created >= ? AND created <= ?
       AND (? IS NULL OR status IN (SELECT value FROM json_each(?)))
       AND substr(id, 1, length(?)) = ?
     ORDER BY created, id LIMIT ?`,
    after.created,
    after.id,
    filter.createdFrom ?? 0,
    filter.createdTo ?? Number.MAX_SAFE_INTEGER,
    statusList(filter),
    statusList(filter),
    filter.idPrefix ?? '',
    filter.idPrefix ?? '',
    limit,
  );
  return rows.map(toInstance);
}

function statusList({ statuses }: InstanceFilter): string | null {
  return statuses === undefined || statuses.length === 0 ? null : JSON.stringify(statuses);
}
