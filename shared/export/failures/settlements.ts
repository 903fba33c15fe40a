import type { NewId } from '../../platform/clock/port.ts';
import { LOG_FOLDER, RESYNC_LOG_FOLDER } from './folders.ts';

/** Begins the names of settlements that try what a resync of failed records revived. */
const RESYNC = 'resync-';

/** Names a settlement of retries, or of failed records that are tried again: the name tells where their lines belong. */
export function newSettlementId(newId: NewId, ofFailedRecords: boolean): string {
  return ofFailedRecords ? `${RESYNC}${newId()}` : newId();
}

export function logFolderOf(settlementId: string): string {
  return settlementId.startsWith(RESYNC) ? RESYNC_LOG_FOLDER : LOG_FOLDER;
}
