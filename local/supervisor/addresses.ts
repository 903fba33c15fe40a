import path from 'node:path';
import { ACCOUNT, SERVICES, storageConnectionString } from '../azurite/connection.ts';
import { caFile } from '../key-vault/tls.ts';
import { postgresUrl } from '../postgres/connection.ts';
import { connectionString } from '../service-bus/keys.ts';
import { PRODUCT_QUEUES } from '../service-bus/queues.ts';
import { StartFailure } from '../support/failure.ts';
import { findFreePorts } from '../support/ports.ts';

export const PART_NAMES = [
  'postgres',
  'azurite',
  'service-bus',
  'identity',
  'key-vault',
  'dataverse',
  'synchronization',
  'functions',
] as const;
export type PartName = (typeof PART_NAMES)[number];

/** Distance of each part's port from the base port. */
const OFFSETS: Readonly<Record<PartName, number>> = {
  functions: 0,
  dataverse: 10,
  'service-bus': 11,
  'key-vault': 12,
  postgres: 13,
  azurite: 14,
  identity: 17,
  synchronization: 18,
};
const PORTS = 19;
const DEFAULT_BASE = 7071;

export const CONTROL_DATABASE = 'freshet';
export const DESTINATION_DATABASE = 'destination';
/** The secret whose value is the URL of the destination database. */
export const DESTINATION_SECRET = 'destination';

/** Where the parts of one installation are found. URLs of services have no slash at their end. */
export interface Addresses {
  readonly base: number;
  /** Absolute: data, logs, parts.json. */
  readonly folder: string;
  readonly functions: string;
  readonly dataverse: string;
  readonly serviceBus: { readonly connectionString: string; readonly queues: readonly string[] };
  /** `caFile`: what a client has to trust (NODE_EXTRA_CA_CERTS). */
  readonly keyVault: {
    readonly url: string;
    readonly host: string;
    readonly caFile: string;
    readonly destinationSecret: string;
  };
  readonly postgres: { readonly control: string; readonly destination: string };
  readonly azurite: {
    readonly connectionString: string;
    readonly blob: string;
    readonly queue: string;
    readonly table: string;
  };
  /** The issuer of tokens; `POST <identity>/token`. */
  readonly identity: string;
  /** What stands in for the database synchronization of environments. */
  readonly synchronization: string;
}

/** The base port of the setting FRESHET_PORT. */
export function basePort(setting: string | undefined): number {
  const port = Number(setting || DEFAULT_BASE);
  if (Number.isInteger(port) && port >= 1 && port + PORTS <= 65_536) return port;
  const cure = `Give a number from 1 to ${65_536 - PORTS}; that port and ${PORTS - 1} after it are used`;
  throw new StartFailure(`the setting FRESHET_PORT is not a base port: ${setting}`, cure);
}

/** The base of a free block of ports, for an installation that runs beside others. */
export const allocatePorts = (): Promise<number> => findFreePorts(PORTS);

export const portOf = (base: number, part: PartName): number => base + OFFSETS[part];

export function addressesOf(base: number, folder: string): Addresses {
  const http = (part: PartName, offset = 0) => `http://127.0.0.1:${portOf(base, part) + offset}`;
  const [postgres, azurite, serviceBus] = [
    portOf(base, 'postgres'),
    portOf(base, 'azurite'),
    portOf(base, 'service-bus'),
  ];
  const vault = { host: `127.0.0.1:${portOf(base, 'key-vault')}`, caFile: caFile(path.join(folder, 'key-vault')) };
  const [blob, queue, table] = SERVICES.map((_, offset) => `${http('azurite', offset)}/${ACCOUNT}`) as [
    string,
    string,
    string,
  ];
  return {
    base,
    folder,
    functions: http('functions'),
    dataverse: http('dataverse'),
    serviceBus: { connectionString: connectionString(serviceBus), queues: Object.keys(PRODUCT_QUEUES) },
    keyVault: {
      url: `https://${vault.host}`,
      ...vault,
      destinationSecret: `https://${vault.host}/secrets/${DESTINATION_SECRET}`,
    },
    postgres: {
      control: postgresUrl(postgres, CONTROL_DATABASE),
      destination: postgresUrl(postgres, DESTINATION_DATABASE),
    },
    azurite: { connectionString: storageConnectionString(azurite), blob, queue, table },
    identity: http('identity'),
    synchronization: http('synchronization'),
  };
}
