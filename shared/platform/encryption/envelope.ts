import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * Sealed content: 4 bytes that no JSON begins with, 8 that name the key, a random 12-byte nonce, a 16-byte tag, and the content
 * by AES-256-GCM. What names the key is authenticated along with it. One key is good for 2^32 contents.
 */
const MAGIC = Buffer.from([0x00, 0x46, 0x52, 0x01]);
const KEY_NAME_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = MAGIC.length + KEY_NAME_BYTES;
const CONTENT_AT = HEAD_BYTES + NONCE_BYTES + TAG_BYTES;
const CIPHER = 'aes-256-gcm';

export const KEY_BYTES = 32;

export interface DataKey {
  readonly bytes: Buffer;
  /** Tells keys apart, and tells nothing of the key. */
  readonly name: Buffer;
}

/** `bytes`: KEY_BYTES of them. */
export function dataKey(bytes: Buffer): DataKey {
  const name = createHash('sha256').update('freshet data key').update(bytes).digest().subarray(0, KEY_NAME_BYTES);
  return { bytes, name };
}

export function isSealed(content: Uint8Array): boolean {
  return content.length >= CONTENT_AT && MAGIC.equals(content.subarray(0, MAGIC.length));
}

export function isSealedWith({ name }: DataKey, sealed: Uint8Array): boolean {
  return name.equals(sealed.subarray(MAGIC.length, HEAD_BYTES));
}

export function sealed(key: DataKey, content: Uint8Array): Uint8Array {
  const head = Buffer.concat([MAGIC, key.name]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.bytes, nonce).setAAD(head);
  const encrypted = cipher.update(content);
  cipher.final();
  return Buffer.concat([head, nonce, cipher.getAuthTag(), encrypted]);
}

/** Null when the bytes are not those that were sealed. */
export function opened(key: DataKey, bytes: Uint8Array): Uint8Array | null {
  const nonce = bytes.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
  const tag = bytes.subarray(HEAD_BYTES + NONCE_BYTES, CONTENT_AT);
  const decipher = createDecipheriv(CIPHER, key.bytes, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(bytes.subarray(0, HEAD_BYTES)).setAuthTag(tag);
  const content = decipher.update(bytes.subarray(CONTENT_AT));
  try {
    decipher.final();
    return content;
  } catch {
    return null;
  }
}
