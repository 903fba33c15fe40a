import { buffer } from 'node:stream/consumers';
import {
  BlobServiceClient,
  type BlockBlobClient,
  type ContainerClient,
  type ContainerGenerateSasUrlOptions,
  type ContainerListBlobFlatSegmentResponse,
  ContainerSASPermissions,
  SASProtocol,
  type ServiceListContainersSegmentResponse,
  type StoragePipelineOptions,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { FreshetError } from '../../errors/error.ts';
import { withDeadline } from '../clock/deadline.ts';
import type { Clock } from '../clock/port.ts';
import type { Credential } from '../identity/credential.port.ts';
import { reasonOf, statusOf } from '../reason.ts';
import { checkBlobName } from './names.ts';
import type { BlobEntry, Blobs, ContainerEntry } from './port.ts';

/** Where the storage account is and how Freshet may use it. */
export type StorageAccount =
  /** With an account key. */
  | { readonly connectionString: string }
  /** `https://<account>.blob.core.windows.net` with Freshet's own identity. */
  | { readonly accountUrl: string; readonly credential: Credential };

/** One repetition for a connection that broke; longer trouble is for the callers, who retry as a whole. */
const PIPELINE: StoragePipelineOptions = {
  retryOptions: { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 },
};
/** A blob that broke off while it was read is taken up again once. */
const READ_RESUMES = 1;
/** A request with its repetition: a page of 16 MB takes a second or two, a dead connection would take minutes. */
const REQUEST_MS = 60_000;
const READ_URL_MAX_MS = 24 * 60 * 60_000;
/** A key that begins now is not valid yet where the service's clock is behind ours. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** Azure Blob Storage, or Azurite. */
export class AzureBlobs implements Blobs {
  readonly #service: BlobServiceClient;
  readonly #clock: Clock;

  /** Errors: SETTING_INVALID when the connection string cannot be read or holds no account key. */
  constructor(account: StorageAccount, clock: Clock) {
    this.#service =
      'connectionString' in account
        ? serviceOf(account.connectionString)
        : new BlobServiceClient(account.accountUrl, account.credential, PIPELINE);
    this.#clock = clock;
  }

  async ensureContainer(container: string): Promise<void> {
    await this.#request((abortSignal) => this.#container(container).createIfNotExists({ abortSignal }));
  }

  async removeContainer(container: string): Promise<void> {
    await this.#requestOrNull((abortSignal) => this.#container(container).delete({ abortSignal }));
  }

  async *containers(prefix: string): AsyncIterable<ContainerEntry> {
    yield* inPages((next) =>
      this.#request((abortSignal) => readContainers(this.#service, { abortSignal, prefix }, next)),
    );
  }

  async put(container: string, name: string, content: Uint8Array, contentType?: string): Promise<void> {
    const blob = this.#blob(container, name);
    const upload = (abortSignal: AbortSignal) =>
      blob.upload(content, content.length, {
        abortSignal,
        ...(contentType !== undefined && { blobHTTPHeaders: { blobContentType: contentType } }),
      });
    // The container is nearly always there: asking first would double the requests.
    if (await this.#requestOrNull(upload)) return;
    await this.ensureContainer(container);
    await this.#request(upload);
  }

  async get(container: string, name: string): Promise<Uint8Array | null> {
    const blob = this.#blob(container, name);
    return this.#requestOrNull(async (abortSignal) => {
      const answer = await blob.download(0, undefined, { abortSignal, maxRetryRequests: READ_RESUMES });
      if (!answer.readableStreamBody) throw new Error('the answer has no body');
      return buffer(answer.readableStreamBody);
    });
  }

  async remove(container: string, name: string): Promise<void> {
    const blob = this.#blob(container, name);
    await this.#requestOrNull((abortSignal) => blob.delete({ abortSignal }));
  }

  async *list(container: string, prefix?: string): AsyncIterable<BlobEntry> {
    const options = prefix === undefined ? {} : { prefix };
    yield* inPages((next) =>
      this.#requestOrNull((abortSignal) => readBlobs(this.#container(container), { abortSignal, ...options }, next)),
    );
  }

  async readUrl(container: string, validMs: number): Promise<string> {
    const client = this.#container(container);
    const now = this.#clock.now();
    const expiresOn = new Date(now + Math.min(validMs, READ_URL_MAX_MS));
    const rights: ContainerGenerateSasUrlOptions = {
      permissions: ContainerSASPermissions.parse('rl'),
      expiresOn,
      ...(client.url.startsWith('https:') && { protocol: SASProtocol.Https }),
    };
    if (client.credential instanceof StorageSharedKeyCredential) return client.generateSasUrl(rights);
    const key = await this.#request((abortSignal) =>
      this.#service.getUserDelegationKey(new Date(now - CLOCK_SKEW_MS), expiresOn, { abortSignal }),
    );
    return client.generateUserDelegationSasUrl(rights, key);
  }

  #container(container: string): ContainerClient {
    return this.#service.getContainerClient(container);
  }

  #blob(container: string, name: string): BlockBlobClient {
    checkBlobName(name);
    return this.#container(container).getBlockBlobClient(name);
  }

  /** The one place where the storage service's errors are classified. */
  async #request<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(this.#clock, REQUEST_MS, send);
    } catch (error) {
      throw new FreshetError('STORAGE_UNAVAILABLE', { reason: reasonOf(error) }, error);
    }
  }

  /** Null when the container or the blob is not there. */
  #requestOrNull<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    return this.#request(async (signal) => {
      try {
        return await send(signal);
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }
}

/** Shared access signatures are refused: no read URL can be made from one. */
function serviceOf(connectionString: string): BlobServiceClient {
  const service = attempt(() => BlobServiceClient.fromConnectionString(connectionString, { ...PIPELINE }));
  if (service?.credential instanceof StorageSharedKeyCredential) return service;
  const reason = service ? 'it holds no account key' : 'it is not a connection string';
  throw new FreshetError('SETTING_INVALID', { name: 'AzureWebJobsStorage', reason });
}

/** Null instead of an error whose text may quote the connection string. */
function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

interface Page<Entry> {
  readonly entries: Entry[];
  readonly next: string | undefined;
}

interface ListOptions {
  readonly abortSignal: AbortSignal;
  readonly prefix?: string;
}

/** The entries of all pages, each asked for by what the one before named; nothing when there is none. */
async function* inPages<Entry>(read: (next: string | undefined) => Promise<Page<Entry> | null>): AsyncIterable<Entry> {
  let next: string | undefined;
  do {
    const page = await read(next);
    yield* page?.entries ?? [];
    next = page?.next;
  } while (next);
}

async function readBlobs(container: ContainerClient, options: ListOptions, next?: string): Promise<Page<BlobEntry>> {
  const { value, done } = await container.listBlobsFlat(options).byPage(after(next)).next();
  if (done) return { entries: [], next: undefined };
  const page: ContainerListBlobFlatSegmentResponse = value;
  const entries = page.segment.blobItems.map(({ name, properties }) => ({
    name,
    bytes: properties.contentLength ?? 0,
    writtenAt: properties.lastModified.getTime(),
  }));
  return { entries, next: page.continuationToken };
}

async function readContainers(
  service: BlobServiceClient,
  options: ListOptions,
  next?: string,
): Promise<Page<ContainerEntry>> {
  const { value, done } = await service.listContainers(options).byPage(after(next)).next();
  if (done) return { entries: [], next: undefined };
  const page: ServiceListContainersSegmentResponse = value;
  const entries = page.containerItems.map(({ name, properties }) => ({
    name,
    changedAt: properties.lastModified.getTime(),
  }));
  return { entries, next: page.continuationToken };
}

const after = (continuationToken: string | undefined) => (continuationToken ? { continuationToken } : {});
