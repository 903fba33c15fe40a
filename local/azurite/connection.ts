/** The account that every storage emulator has, and its published key (https://learn.microsoft.com/azure/storage/common/storage-connect-azurite). */
export const ACCOUNT = 'devstoreaccount1';
export const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** The services, in the order of their ports: the first has the part's port. */
export const SERVICES = ['Blob', 'Queue', 'Table'] as const;

/** What AzureWebJobsStorage says, for Azurite's services on `port` and the two above. */
export function storageConnectionString(port: number): string {
  const endpoints = SERVICES.map((name, index) => `${name}Endpoint=http://127.0.0.1:${port + index}/${ACCOUNT}`);
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${ACCOUNT}`,
    `AccountKey=${ACCOUNT_KEY}`,
    ...endpoints,
    '',
  ].join(';');
}
