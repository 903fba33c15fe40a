import { z } from 'zod';
import { load } from './answers.ts';
import type { WebApiClient } from './client.ts';
import { OTHER } from './errors.ts';

const answer = z.object({
  /** A dictionary as the Web API writes it: keys and values in two lists. */
  EntityRecordCountCollection: z.object({ Keys: z.array(z.string()), Values: z.array(z.number()) }),
});

/** Rows as the organization counted them last, which it does once a day: counting them now would read them all. */
export async function loadCounts(client: WebApiClient, entities: readonly string[]): Promise<Map<string, number>> {
  if (entities.length === 0) return new Map();
  const names = encodeURIComponent(JSON.stringify(entities));
  const path = `RetrieveTotalRecordCount(EntityNames=@names)?@names=${names}`;
  const { EntityRecordCountCollection: counts } = await load(client, { path, subject: OTHER }, answer);
  return new Map(
    counts.Keys.flatMap((name, k) => {
      const count = counts.Values[k];
      return count === undefined ? [] : [[name, count] as const];
    }),
  );
}
