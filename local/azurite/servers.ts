import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The seam to Azurite's classes, which come without types: the members used, as version 3.37 has them. */
export interface AzuriteServer {
  readonly httpServer: Server;
  start(): Promise<void>;
  close(): Promise<void>;
  readonly metadataStore: LokiStore;
  /** Where the contents lie; tables have none. */
  readonly extentMetadataStore?: LokiStore;
}

export interface LokiStore {
  readonly db: LokiDatabase;
  /** Reads the database's file. Called once, by the server's start. */
  init(): Promise<void>;
}

/** LokiJS 1.5: all documents are in memory; saving writes them whole to another file and renames that. */
export interface LokiDatabase {
  readonly filename: string;
  readonly collections: readonly LokiCollection[];
  /** What is saved is what is there at the call, or, during another save, after that one. */
  saveDatabase(callback: (error?: unknown) => void): void;
  autosaveDisable(): void;
}

export interface LokiCollection {
  readonly name: string;
  /** Ascending by `$loki`. */
  data: LokiDocument[];
  maxId: number;
  /** The `$loki` of each document, by position. */
  idIndex: number[] | null;
  ensureId(): void;
  ensureAllIndexes(force: boolean): void;
  /** Listeners are called before the changing call returns. */
  on(event: 'insert' | 'update' | 'delete', listener: (documents: LokiDocument | LokiDocument[]) => void): void;
}

export interface LokiDocument {
  readonly $loki: number;
}

type Construct<T> = new (...args: readonly unknown[]) => T;

const require = createRequire(import.meta.url);
const load = <T>(name: string): T => require(`azurite/dist/src/${name}`) as T;
const loadClass = <T>(name: string) => load<{ default: Construct<T> }>(name).default;

const HOST = '127.0.0.1';
const KEEP_ALIVE_S = 5;
/** Switch and target of the logs of requests and of inner steps. */
const ACCESS_LOG = [false, undefined];
const DEBUG_LOG = [false, undefined];
const LOOSE = false;
/** The clients' API version is often newer than Azurite's. */
const SKIP_API_VERSION_CHECK = true;

/** Blob, queue and table service, not yet started, on `port` and the two above, with all data below `folder`. */
export function createServers(port: number, folder: string): AzuriteServer[] {
  // Before anything else: the account would be another than the connection string says, and reports would leave this machine.
  delete process.env.AZURITE_ACCOUNTS;
  const telemetry = load<{ AzuriteTelemetryClient: { init(location: string, enabled: boolean): void } }>(
    'common/Telemetry',
  );
  telemetry.AzuriteTelemetryClient.init(folder, false);

  const file = (name: string) => path.join(folder, name);
  const contents = (name: string, maxConcurrency: number) => [
    { locationId: 'Default', locationPath: file(name), maxConcurrency },
  ];
  const at = (offset: number) => [HOST, port + offset, KEEP_ALIVE_S];
  const blobArguments = [
    ...at(0),
    file('blobs.json'),
    file('blob-extents.json'),
    contents('blobs', 50),
    ...ACCESS_LOG,
    ...DEBUG_LOG,
  ];
  const queueArguments = [
    ...at(1),
    file('queues.json'),
    file('queue-extents.json'),
    contents('queues', 1),
    ...ACCESS_LOG,
    ...DEBUG_LOG,
  ];
  // Tables name the debug log's switch first, then the access log, then the debug log's file.
  const tableArguments = [...at(2), file('tables.json'), DEBUG_LOG[0], ...ACCESS_LOG, DEBUG_LOG[1]];
  const rest = [LOOSE, SKIP_API_VERSION_CHECK];
  return [
    createServer('blob/BlobServer', 'blob/BlobConfiguration', [...blobArguments, ...rest]),
    createServer('queue/QueueServer', 'queue/QueueConfiguration', [...queueArguments, ...rest]),
    createServer('table/TableServer', 'table/TableConfiguration', [...tableArguments, ...rest]),
  ];
}

function createServer(server: string, configuration: string, args: readonly unknown[]): AzuriteServer {
  return new (loadClass<AzuriteServer>(server))(new (loadClass<object>(configuration))(...args));
}
