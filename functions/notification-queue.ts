import type { RegistrationOptions } from '../shared/dataverse/web-api/registration.ts';
import { FreshetError } from '../shared/errors/error.ts';

/** Names the installation in organizations that several installations read; Azure gives each app a name. */
const LOCAL_INSTALLATION = 'local';
const PATH = 'notifications';

/** The endpoint that Dataverse posts to, out of a connection string: Dataverse itself signs with its key. */
export function notificationQueueOf(
  connectionString: string,
  siteName: string | undefined,
): Pick<RegistrationOptions, 'installation' | 'queue'> {
  const parts = new Map(
    connectionString.split(';').map((part) => {
      const [name = '', ...value] = part.split('=');
      return [name, value.join('=')];
    }),
  );
  const [address, keyName, key] = ['Endpoint', 'SharedAccessKeyName', 'SharedAccessKey'].map((name) => parts.get(name));
  if (!address || !keyName || !key) {
    throw new FreshetError('SETTING_INVALID', {
      name: 'FRESHET_NOTIFICATIONS_CONNECTION',
      reason: 'it needs Endpoint, SharedAccessKeyName and SharedAccessKey',
    });
  }
  const queue = { address: address.endsWith('/') ? address : `${address}/`, path: PATH, keyName, key };
  return { installation: siteName ?? LOCAL_INSTALLATION, queue };
}
