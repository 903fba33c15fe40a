import { z } from 'zod';
import type { Request, WebApiClient } from './client.ts';
import { checked } from './unreadable.ts';

/** The answer to a request, in the form expected. */
export async function load<T>(client: WebApiClient, request: Request, schema: z.ZodType<T>): Promise<T> {
  const answer = client.parse((await client.send(request)).text);
  return client.readable(() => checked(schema, answer));
}

/** All items of a list, over all its pages. */
export async function loadAll<T>(client: WebApiClient, request: Request, item: z.ZodType<T>): Promise<T[]> {
  const page = z.object({ value: z.array(item), '@odata.nextLink': z.string().nullish() });
  const items: T[] = [];
  let path: string | null = request.path;
  while (path !== null) {
    const answer: z.infer<typeof page> = await load(client, { ...request, path }, page);
    items.push(...answer.value);
    path = answer['@odata.nextLink'] ?? null;
  }
  return items;
}
