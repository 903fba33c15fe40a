import type { CallLimit, Calls } from '../calls.port.ts';
import { admitted } from '../rules/calls.ts';
import type { ControlDatabase, Tx } from './database.ts';
import { json } from './rows.ts';

export function sqlCalls(database: ControlDatabase): Calls {
  return { admit: (limits) => database.transaction((tx) => admit(database, tx, limits)) };
}

async function admit(database: ControlDatabase, tx: Tx, limits: readonly CallLimit[]): Promise<number> {
  const counted = new Map<string, readonly number[]>();
  let now = 0;
  // In key order, like everybody who locks more than one.
  for (const key of limits.map((limit) => limit.key).sort()) {
    const row = await lockCalls(database, tx, key);
    counted.set(key, row.moments);
    now = row.now;
  }
  const { waitMs, moments } = admitted(limits, counted, now);
  for (const [key, kept] of moments) {
    await tx
      .updateTable('calls')
      .set({ moments: json(kept) })
      .where('key', '=', key)
      .execute();
  }
  return waitMs;
}

/** The moments counted under a key, in a row that nobody else reads until the transaction ends; made at the first need. */
export async function lockCalls(
  database: ControlDatabase,
  tx: Tx,
  key: string,
): Promise<{ moments: number[]; now: number }> {
  const query = tx
    .selectFrom('calls')
    .select('moments')
    .select(database.now().as('now'))
    .where('key', '=', key)
    .forUpdate();
  let row = await query.executeTakeFirst();
  if (!row) {
    await tx.insertInto('calls').values({ key, moments: '[]' }).execute();
    row = await query.executeTakeFirstOrThrow();
  }
  return { moments: JSON.parse(row.moments) as number[], now: row.now };
}
