/** The local user of the databases. Both words are as public as the development key of Azurite: the server binds to 127.0.0.1. */
export const USER = 'freshet';
export const PASSWORD = 'freshet';

export const postgresUrl = (port: number, database: string): string =>
  `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
