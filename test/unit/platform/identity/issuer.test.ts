import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../shared/platform/clock/virtual.ts';
import { issuerOf } from '../../../../shared/platform/identity/issuer.ts';
import { JwtIdentity } from '../../../../shared/platform/identity/jwt.ts';

const TENANT = '0b8d6c5e-2f61-4a0e-8a6c-3a1c9f6d7e02';
const ENTRA = {
  names: [`https://login.microsoftonline.com/${TENANT}/v2.0`, `https://sts.windows.net/${TENANT}/`],
  authorizationUrl: `https://login.microsoftonline.com/${TENANT}/oauth2/authorize`,
};

describe('issuerOf', () => {
  it('Entra ID, version 2: its tokens may carry either name', () => {
    expect(issuerOf(`https://login.microsoftonline.com/${TENANT}/v2.0`)).toEqual({
      ...ENTRA,
      configurationUrl: `https://login.microsoftonline.com/${TENANT}/v2.0/.well-known/openid-configuration`,
    });
  });

  it('Entra ID, version 1: likewise', () => {
    expect(issuerOf(`https://sts.windows.net/${TENANT}/`)).toEqual({
      ...ENTRA,
      configurationUrl: `https://sts.windows.net/${TENANT}/.well-known/openid-configuration`,
    });
  });

  it('Entra ID of China has its own hosts', () => {
    const { names } = issuerOf(`https://login.partner.microsoftonline.cn/${TENANT}/v2.0`);
    expect(names).toContain(`https://sts.chinacloudapi.cn/${TENANT}/`);
  });

  it('any other issuer has the one name it is given, with or without a slash at its end', () => {
    for (const url of ['http://127.0.0.1:7088', 'http://127.0.0.1:7088/']) {
      expect(issuerOf(url)).toEqual({
        names: ['http://127.0.0.1:7088', 'http://127.0.0.1:7088/'],
        configurationUrl: 'http://127.0.0.1:7088/.well-known/openid-configuration',
        authorizationUrl: 'http://127.0.0.1:7088/oauth2/authorize',
      });
    }
  });

  it('a host that only looks like Entra ID gets no second name', () => {
    const url = `https://login.microsoftonline.com.evil.example/${TENANT}/v2.0`;
    expect(issuerOf(url).names).toEqual([url, `${url}/`]);
  });
});

describe('the challenge', () => {
  it('names authority and resource as the original service’s clients read them', () => {
    const identity = new JwtIdentity({
      issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      audiences: ['https://freshet.example.com', 'another'],
      clock: new VirtualClock(),
      fetch: globalThis.fetch,
    });
    expect(identity.challenge()).toBe(
      `Bearer authorization_uri="https://login.microsoftonline.com/${TENANT}/oauth2/authorize", resource_id="https://freshet.example.com"`,
    );
  });
});
