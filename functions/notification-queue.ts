import type { RegistrationOptions } from '../shared/dataverse/web-api/registration.ts';
import { FreshetError } from '../shared/errors/error.ts';
import type { Configuration } from '../shared/platform/configuration/configuration.ts';

/** Names the installation in organizations that several installations read. */
const LOCAL_INSTALLATION = 'local';
const QUEUE: 'notifications' = 'notifications';

/** The endpoint that Dataverse posts to, from the connection string of the namespace (Dataverse itself signs with a key). */
export function notificationQueueOf(
  { serviceBus }: Configuration,
  environment: NodeJS.ProcessEnv,
): Pick<RegistrationOptions, 'installation' | 'queue'> {
  const connection =
    environment.FRESHET_NOTIFICATIONS_CONNECTION ??
    ('connectionString' in serviceBus ? serviceBus.connectionString.reveal() : '');
  const parts = new Map(
    connection.split(';').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  const [address, keyName, key] = ['Endpoint', 'SharedAccessKeyName', 'SharedAccessKey'].map((name) => parts.get(name));
  if (!address || !keyName || !key) {
    throw new FreshetError('SETTING_INVALID', {
      name: 'FRESHET_NOTIFICATIONS_CONNECTION',
      reason: 'it needs Endpoint, SharedAccessKeyName and SharedAccessKey, with which Dataverse sends notifications',
    });
  }
  return {
    installation: environment.WEBSITE_SITE_NAME ?? LOCAL_INSTALLATION,
    queue: { address: address.endsWith('/') ? address : `${address}/`, path: QUEUE, keyName, key },
  };
}
