import { runPart } from '../support/entry.ts';
import { startPostgres } from './postgres.ts';

await runPart('postgres', ['databases'], ({ port, data, option }) =>
  startPostgres({ port, data, databases: option('databases')?.split(',').filter(Boolean), onLine: console.log }),
);
