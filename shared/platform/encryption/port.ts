/**
 * Encryption of record contents that Freshet keeps for a while: pages and retries.
 * Errors: DATA_KEY_UNAVAILABLE (retry).
 */
export interface Encryption {
  /** The content encrypted; the very same bytes where no key is configured. */
  seal(content: Uint8Array): Promise<Uint8Array>;
  /** What was sealed, or was kept before a key was configured. Null: it was altered, or its key is not known any more. */
  open(sealed: Uint8Array): Promise<Uint8Array | null>;
}
