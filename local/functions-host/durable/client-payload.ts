/** Path of the webhooks, as on the real host; needs the system key. */
export const WEBHOOK_PREFIX = '/runtime/webhooks/durabletask/';

export interface ClientPayloadOptions {
  /** Scheme and host of this server. */
  readonly origin: string;
  readonly taskHub: string;
  readonly systemKey: string;
  /** Path of the address for the SDK's own calls; begins and ends with a slash. */
  readonly rpcPath: string;
}

/** The JSON a `durableClient` input consists of. */
export function clientPayload(options: ClientPayloadOptions): string {
  const { origin, taskHub, systemKey, rpcPath } = options;
  const webhooks = `${origin}${WEBHOOK_PREFIX}`;
  return JSON.stringify({
    taskHubName: taskHub,
    baseUrl: webhooks.slice(0, -1),
    rpcBaseUrl: `${origin}${rpcPath}`,
    requiredQueryStringParameters: `code=${systemKey}`,
    creationUrls: {
      createNewInstancePostUri: `${webhooks}orchestrators/{functionName}[/{instanceId}]?code=${systemKey}`,
    },
    managementUrls: managementUrls('INSTANCEID', options),
  });
}

/** The addresses by which anybody with the key can follow and steer one instance. */
export function managementUrls(id: string, { origin, taskHub, systemKey }: Omit<ClientPayloadOptions, 'rpcPath'>) {
  const address = (operation: string, query = '') =>
    `${origin}${WEBHOOK_PREFIX}instances/${id}${operation}?${query}taskHub=${taskHub}&connection=Storage&code=${systemKey}`;
  return {
    id,
    statusQueryGetUri: address(''),
    sendEventPostUri: address('/raiseEvent/{eventName}'),
    terminatePostUri: address('/terminate', 'reason={text}&'),
    rewindPostUri: address('/rewind', 'reason={text}&'),
    purgeHistoryDeleteUri: address(''),
    suspendPostUri: address('/suspend', 'reason={text}&'),
    resumePostUri: address('/resume', 'reason={text}&'),
  };
}
