import type { RegisteredError } from '../register.ts';

/** Errors of the services around Freshet: storage, queues, vault, sign-in, settings. */
export const PLATFORM_ERRORS = {
  STORAGE_UNAVAILABLE: {
    class: 'retry',
    message: 'Blob storage did not answer: {reason}.',
    cause: 'Network trouble or a fault of the storage service.',
    remedy: 'Nothing: it is tried again. If it lasts, check the setting AzureWebJobsStorage.',
  },
  BLOB_NAME_REFUSED: {
    class: 'bug',
    message: 'The blob name {name} cannot be used.',
    cause:
      'It is empty, or one of its parts is "." or "..", which an address would resolve into another blob or container.',
    remedy: 'Report it with the log of this moment.',
  },
  DATA_KEY_UNAVAILABLE: {
    class: 'retry',
    message: 'The data key that pages and retries are encrypted with cannot be had: {reason}',
    cause: 'The vault does not answer or refuses, or a secret named by FRESHET_DATA_KEYS is not 32 bytes in base64.',
    remedy:
      'Nothing if the vault is away: it is tried again. Otherwise correct the secret, its permission or the setting.',
  },
  QUEUE_UNAVAILABLE: {
    class: 'retry',
    message: 'Service Bus did not take a message for {queue}: {reason}.',
    cause: 'Network trouble, or the queue does not exist.',
    remedy: 'Nothing: the sweep rings again. If it lasts, check the namespace and its queues.',
  },
  VAULT_URL_REFUSED: {
    class: 'input',
    status: 400,
    message: 'The Key Vault URL is refused: {reason}.',
    cause: 'Only https addresses of secrets in allowed vaults are used, exactly as given.',
    remedy: 'Give the secret identifier as the portal shows it, e.g. https://contoso.vault.azure.net/secrets/name.',
  },
  SECRET_NOT_FOUND: {
    class: 'stop',
    message: 'The vault has no secret {name}.',
    cause: 'The name or version is wrong (names are case-sensitive here), or the secret was deleted.',
    remedy: 'Correct DestinationKeyVaultUri, or create the secret.',
  },
  SECRET_FORBIDDEN: {
    class: 'stop',
    message: 'The vault does not let Freshet read the secret {name}.',
    cause: 'The permission get on secrets is missing, or the vault’s firewall refuses.',
    remedy: 'Give Freshet’s identity the permission get on secrets of that vault.',
  },
  VAULT_UNAVAILABLE: {
    class: 'retry',
    message: 'The vault {host} did not answer: {reason}.',
    cause: 'Network trouble, or the vault does not exist.',
    remedy: 'Nothing: it is tried again. If it lasts, check the vault’s name.',
  },
  TOKEN_MISSING: {
    class: 'input',
    status: 401,
    message: 'This call needs a bearer token.',
    cause: 'The Authorization header is missing or is not of the form "Bearer …".',
    remedy: 'Sign in and send the token; GET /crm/exporter/aad/challenge names the authority.',
  },
  TOKEN_INVALID: {
    class: 'input',
    status: 401,
    message: 'The token is not accepted: {reason}.',
    cause: 'Issuer, audience, signature or form is wrong.',
    remedy: 'Ask the authority of GET /crm/exporter/aad/challenge for a token for this application.',
  },
  TOKEN_EXPIRED: {
    class: 'input',
    status: 401,
    message: 'The token has expired.',
    cause: 'It was issued too long ago.',
    remedy: 'Ask for a new token.',
  },
  IDENTITY_UNAVAILABLE: {
    class: 'retry',
    status: 503,
    message: 'The identity service did not answer: {reason}.',
    cause: 'Network trouble, a fault of the identity service, or Freshet’s own identity is not set up.',
    remedy: 'Try again. If it lasts, check FRESHET_ISSUER and the identity that Freshet runs under.',
  },
  SETTING_INVALID: {
    class: 'stop',
    message: 'The setting {name} cannot be used: {reason}.',
    cause: 'The value is missing or not of the form documented in local.settings.sample.json.',
    remedy: 'Correct the setting and restart the app.',
  },
} as const satisfies Record<string, RegisteredError>;
