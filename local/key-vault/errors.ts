import { HttpError } from '../support/http.ts';

/** An answer in the form of Key Vault's own errors. */
function keyVaultError(status: number, code: string, message: string, inner?: string): HttpError {
  return new HttpError(status, { error: { code, message, ...(inner && { innererror: { code: inner } }) } });
}

export const badParameter = (message: string) => keyVaultError(400, 'BadParameter', message);

export const notFound = (name: string) =>
  keyVaultError(404, 'SecretNotFound', `A secret with (name/id) ${name} was not found in this key vault.`);

export const deletedNotFound = (name: string) =>
  keyVaultError(404, 'SecretNotFound', `A deleted secret with (name/id) ${name} was not found in this key vault.`);

export const disabled = () =>
  keyVaultError(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');

export const isDeleted = (name: string) =>
  keyVaultError(
    409,
    'Conflict',
    `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
    'ObjectIsDeletedButRecoverable',
  );

export const existsAgain = (name: string) =>
  keyVaultError(409, 'Conflict', `There already is a secret ${name}, so the deleted one cannot be recovered.`);

export const unknownOperation = (route: string) =>
  keyVaultError(
    400,
    'BadParameter',
    `${route} is not an operation of this vault; it has those for secrets, but backup and restore.`,
  );
