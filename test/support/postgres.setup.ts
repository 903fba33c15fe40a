import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../local/postgres/postgres.ts';
import { removePostgresData } from '../../local/postgres/remove.ts';
import { temporaryFolder } from './temporary-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection URL of the database `postgres` of the run's own server; see `freshDatabase`. */
    postgresUrl: string;
  }
}

/** One PostgreSQL for the whole run of a test project, in a temporary folder that goes with it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const data = await temporaryFolder('postgres');
  const server = await startPostgres({ port: 0, data, durable: false });
  project.provide('postgresUrl', server.url('postgres'));
  return async () => {
    await server.stop();
    await removePostgresData(data);
  };
}
