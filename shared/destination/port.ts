import type { DestinationAddress } from './model.ts';
import type { Positions } from './positions.port.ts';
import type { Retries } from './retries.port.ts';
import type { Rows } from './rows.port.ts';
import type { Tables } from './tables.port.ts';

/**
 * The SQL database of one profile. One instance serves one profile; several calls may run side by side.
 * Errors of every method: DESTINATION_UNAVAILABLE (retry), DESTINATION_BATCH_TOO_LARGE (smaller), RECORD_REFUSED (row), the
 * DESTINATION_* codes of class stop, DESTINATION_SCHEMA_CHANGED (a table or column of ours is gone), DESTINATION_BUG.
 * After a rejected call nothing of it is written, but for a commit whose answer was lost: the position tells.
 */
export interface Destination extends Tables, Positions, Rows, Retries {
  /** Ends all connections; calls under way fail. */
  close(): Promise<void>;
}

/** Opens a destination; connects at the first call. DESTINATION_ADDRESS_INVALID when the connection string cannot be read. */
export type OpenDestination = (connectionString: string, address: DestinationAddress) => Destination;
