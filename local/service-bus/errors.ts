/**
 * A refusal that the client is told about: as the error of a link, of a settlement or of an answer. `status` is the
 * HTTP-like code that Service Bus gives in the answers of `$cbs` and `$management`.
 */
export class BrokerError extends Error {
  readonly condition: string;
  readonly status: number;

  constructor(condition: string, description: string, status: number) {
    super(description);
    this.name = 'BrokerError';
    this.condition = condition;
    this.status = status;
  }
}

/** The wording matters: the SDK recognises a missing entity by this sentence. */
export const entityNotFound = (name: string) =>
  new BrokerError('amqp:not-found', `The messaging entity '${name}' could not be found.`, 404);

export const lockLost = () =>
  new BrokerError(
    'com.microsoft:message-lock-lost',
    'The lock has expired, or the message has already left the queue.',
    410,
  );

export const messageNotFound = (description: string) =>
  new BrokerError('com.microsoft:message-not-found', description, 404);

export const unauthorized = (description: string) => new BrokerError('amqp:unauthorized-access', description, 401);

export const notAllowed = (description: string) => new BrokerError('amqp:not-allowed', description, 400);

/** The SDK calls this one QuotaExceeded. */
export const quotaExceeded = (description: string) => new BrokerError('amqp:resource-limit-exceeded', description, 403);

export const tooLarge = (description: string) => new BrokerError('amqp:link:message-size-exceeded', description, 400);

export const notImplemented = (description: string) => new BrokerError('amqp:not-implemented', description, 501);

export const malformed = (description: string) => new BrokerError('amqp:decode-error', description, 400);

/** Whatever was thrown, as something that can be told to the client. */
export function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  const description = error instanceof Error ? error.message : String(error);
  return new BrokerError('amqp:internal-error', description, 500);
}
