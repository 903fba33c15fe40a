/** What follows from the setting FRESHET_ISSUER. */
export interface Issuer {
  /** The forms of `iss` that its tokens carry. */
  readonly names: readonly string[];
  /** Where its configuration, and with it its keys, is found. */
  readonly configurationUrl: string;
  /** Where a person signs in. */
  readonly authorizationUrl: string;
}

/**
 * Entra ID's clouds. One tenant issues tokens under two names, after the `accessTokenAcceptedVersion` of the application
 * they are for: version 1 by `sts`, version 2 by `login`. Both are signed with the same keys.
 */
const ENTRA_CLOUDS = [
  { login: 'login.microsoftonline.com', sts: 'sts.windows.net' },
  { login: 'login.microsoftonline.us', sts: 'sts.windows.net' },
  { login: 'login.partner.microsoftonline.cn', sts: 'sts.chinacloudapi.cn' },
];

/** `url`: the issuer's URL, for Entra ID `https://login.microsoftonline.com/<tenant>/v2.0` or its form of version 1. */
export function issuerOf(url: string): Issuer {
  const base = url.replace(/\/+$/, '');
  const { host, pathname } = new URL(base);
  const cloud = ENTRA_CLOUDS.find(({ login, sts }) => host === login || host === sts);
  const tenant = pathname.split('/')[1];
  const authority = cloud && tenant ? `https://${cloud.login}/${tenant}` : base;
  const names = cloud && tenant ? [`${authority}/v2.0`, `https://${cloud.sts}/${tenant}/`] : [base, `${base}/`];
  return {
    names,
    configurationUrl: `${base}/.well-known/openid-configuration`,
    authorizationUrl: `${authority}/oauth2/authorize`,
  };
}
