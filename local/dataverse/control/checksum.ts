import { createHash } from 'node:crypto';
import { rowFormat } from '../http/row-json.ts';
import type { Organization } from '../model/organization.ts';

export interface Checksum {
  readonly entity: string;
  readonly count: number;
  /** SHA-256 of one line `<id> <versionnumber>\n` for each row, in the order of ids. */
  readonly hash: string;
  /** SHA-256 of the rows as the Web API gives them, one line each, in the order of ids. */
  readonly contentHash: string;
}

export function checksum(organization: Organization, entity: string): Checksum {
  const table = organization.table(entity);
  const { write } = rowFormat(organization, table, { select: null, wants: () => false });
  const hash = createHash('sha256');
  const contentHash = createHash('sha256');
  for (const id of table.keys.after(undefined)) {
    const row = table.rows.get(id);
    if (!row) continue;
    hash.update(`${id} ${row.version}\n`);
    contentHash.update(`${write(row)}\n`);
  }
  return { entity, count: table.rows.size, hash: hash.digest('hex'), contentHash: contentHash.digest('hex') };
}
