/** The keys that tokens are signed with, and the strings that clients connect with. */

export type Right = 'Listen' | 'Send' | 'Manage';

export interface AccessKey {
  readonly name: string;
  readonly key: string;
  readonly rights: readonly Right[];
}

const LOCAL_KEY_NAME = 'RootManageSharedAccessKey';

/** Protects nothing: it is public, and the broker listens on the loopback address only. */
export const LOCAL_KEY = 'RnJlc2hldCBsb2NhbCBkZXZlbG9wbWVudCBrZXkhISE=';

export const LOCAL_ACCESS_KEY: AccessKey = {
  name: LOCAL_KEY_NAME,
  key: LOCAL_KEY,
  rights: ['Manage', 'Send', 'Listen'],
};

/** `UseDevelopmentEmulator` switches TLS off in the SDK. */
export const connectionString = (port: number, { name, key }: AccessKey = LOCAL_ACCESS_KEY): string =>
  `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=${name};SharedAccessKey=${key};UseDevelopmentEmulator=true;`;
