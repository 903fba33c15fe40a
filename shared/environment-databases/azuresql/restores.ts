import { type Database, SqlManagementClient } from '@azure/arm-sql';
import { FreshetError } from '../../errors/error.ts';
import type { Clock } from '../../platform/clock/port.ts';
import type { Credential } from '../../platform/identity/credential.port.ts';
import type { RestoreRequest } from '../sqlserver/platform.ts';
import { armError, isMissing } from './arm-errors.ts';
import type { KeptOperations } from './kept-operations.ts';
import { databaseId, type ServerResource } from './resource.ts';

export interface RestoresOptions {
  readonly resource: ServerResource;
  readonly credential: Credential;
  readonly clock: Clock;
  readonly operations: KeptOperations;
  /** Where the resource manager answers; absent: that of the public cloud. */
  readonly endpoint?: string;
  readonly pollMs?: number;
}

/** A restore takes minutes to hours. */
const POLL_MS = 15_000;

/** States of a database that comes by itself to stand (reference of `DatabaseStatus`). */
const UNDER_WAY: readonly string[] = ['Creating', 'Restoring', 'Recovering', 'RecoveryPending'];

/** Point-in-time restore, which no statement offers, through the resource manager. */
export class AzureRestores {
  readonly #client: SqlManagementClient;
  readonly #options: RestoresOptions;

  constructor(options: RestoresOptions) {
    const { credential, endpoint, resource } = options;
    const own = endpoint === undefined ? {} : { endpoint };
    this.#client = new SqlManagementClient(credential, resource.subscriptionId, own);
    this.#options = options;
  }

  /**
   * Ends when the database stands. The operation is kept from the answer to its request on, and gone on with after a restart. Who
   * ended between the two left the database behind: nobody else uses its name.
   * RESTORE_OUT_OF_REACH, DATABASE_UNAVAILABLE (retry: ask again), DATABASE_FORBIDDEN, DATABASE_FULL.
   */
  async restore(request: RestoreRequest): Promise<void> {
    const { resource, operations } = this.#options;
    const about = { name: request.last, moment: new Date(request.atMs).toISOString() };
    const key = `${resource.server}/${request.name}`;
    try {
      const kept = await operations.get(key);
      if (kept === null && (await this.#find(request.name))) return await this.#untilOnline(request.name);
      const wish = kept === null ? await this.#wish(request) : { location: '' };
      await this.#follow(request.name, key, wish, kept);
    } catch (error) {
      throw armError(error, about);
    }
  }

  /** When the first restore point of a standing database is; null: there is none yet, or no such database. */
  async earliest(name: string): Promise<number | null> {
    try {
      return (await this.#find(name))?.earliestRestoreDate?.getTime() ?? null;
    } catch (error) {
      throw armError(error, { name, moment: '' });
    }
  }

  async #find(name: string): Promise<Database | null> {
    const { resource } = this.#options;
    try {
      return await this.#client.databases.get(resource.resourceGroup, resource.server, name);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async #untilOnline(name: string): Promise<void> {
    const { clock, pollMs = POLL_MS } = this.#options;
    for (;;) {
      const status = (await this.#find(name))?.status ?? 'gone';
      if (status === 'Online') return;
      if (!UNDER_WAY.includes(status))
        throw new FreshetError('DATABASE_UNAVAILABLE', { text: `the restored database is ${status}` });
      await clock.sleep(pollMs);
    }
  }

  /** One that the resource manager does not know any more is as if it had not been asked for. */
  async #follow(name: string, key: string, wish: Database, kept: string | null): Promise<void> {
    const { resource, operations, clock, pollMs = POLL_MS } = this.#options;
    const poller = await this.#client.databases.beginCreateOrUpdate(
      resource.resourceGroup,
      resource.server,
      name,
      wish,
      {
        ...(kept === null ? {} : { resumeFrom: kept }),
        updateIntervalInMs: pollMs,
      },
    );
    if (kept === null) await operations.keep(key, poller.toString());
    try {
      while (!poller.isDone()) {
        await poller.poll();
        if (!poller.isDone()) await clock.sleep(pollMs);
      }
      // A failed operation throws here what its answer said.
      await poller.pollUntilDone();
    } catch (error) {
      if (armError(error, { name, moment: '' }).class === 'retry' && !isMissing(error)) throw error;
      await operations.forget(key);
      if (isMissing(error))
        throw new FreshetError('DATABASE_UNAVAILABLE', { text: 'the restore is not known any more' }, error);
      throw error;
    }
    await operations.forget(key);
  }

  async #wish(request: RestoreRequest): Promise<Database> {
    return request.standing === null ? this.#ofDropped(request) : this.#ofStanding(request.standing, request);
  }

  async #ofStanding(standing: string, { atMs, last }: RestoreRequest): Promise<Database> {
    const { resource } = this.#options;
    const found = await this.#client.databases.get(resource.resourceGroup, resource.server, standing);
    mustReach(last, atMs, found.earliestRestoreDate);
    return {
      location: found.location,
      createMode: 'PointInTimeRestore',
      sourceDatabaseId: databaseId(resource, standing),
      restorePointInTime: new Date(atMs),
    };
  }

  /** Of those that bore the name the one that was dropped last. */
  async #ofDropped({ last, atMs }: RestoreRequest): Promise<Database> {
    const { resource } = this.#options;
    const { resourceGroup, server } = resource;
    const dropped = [];
    for await (const one of this.#client.restorableDroppedDatabases.listByServer(resourceGroup, server)) {
      if (one.databaseName === last && (one.deletionDate?.getTime() ?? 0) >= atMs) dropped.push(one);
    }
    dropped.sort((one, other) => (other.deletionDate?.getTime() ?? 0) - (one.deletionDate?.getTime() ?? 0));
    const [found] = dropped;
    if (!found?.id) {
      const reason = 'the server knows no dropped database of that name which stood then';
      throw new FreshetError('RESTORE_OUT_OF_REACH', { name: last, moment: new Date(atMs).toISOString(), reason });
    }
    mustReach(last, atMs, found.earliestRestoreDate);
    return {
      location: found.location ?? '',
      createMode: 'Restore',
      sourceDatabaseId: found.id,
      restorePointInTime: new Date(atMs),
    };
  }
}

function mustReach(name: string, atMs: number, earliest: Date | undefined): void {
  if (earliest !== undefined && earliest.getTime() <= atMs) return;
  const reason = earliest === undefined ? 'it has no restore point yet' : `the first is of ${earliest.toISOString()}`;
  throw new FreshetError('RESTORE_OUT_OF_REACH', { name, moment: new Date(atMs).toISOString(), reason });
}
