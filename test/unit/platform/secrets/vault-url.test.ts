import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFreshetError } from '../../../../shared/errors/error.ts';
import { parseVaultUrl } from '../../../../shared/platform/secrets/vault-url.ts';

const VERSION = 'f593bcd8f3b8461584935e0a3e7325dd';
const ALLOWED = ['127.0.0.1:7083', 'vault.contoso.example:8443'];

const ACCEPTED: [string, { vault: string; name: string; version?: string }][] = [
  ['https://contoso.vault.azure.net/secrets/name', { vault: 'https://contoso.vault.azure.net', name: 'name' }],
  ['https://contoso.vault.azure.net:443/secrets/name/', { vault: 'https://contoso.vault.azure.net', name: 'name' }],
  [
    `https://contoso.vault.azure.net:443/secrets/des-connection/${VERSION}`,
    { vault: 'https://contoso.vault.azure.net', name: 'des-connection', version: VERSION },
  ],
  [
    `https://c0ntoso-1.vault.azure.net/secrets/N/${VERSION}/`,
    { vault: 'https://c0ntoso-1.vault.azure.net', name: 'N', version: VERSION },
  ],
  ['https://contoso.vault.azure.cn/secrets/name', { vault: 'https://contoso.vault.azure.cn', name: 'name' }],
  [
    'https://contoso.vault.usgovcloudapi.net/secrets/n',
    { vault: 'https://contoso.vault.usgovcloudapi.net', name: 'n' },
  ],
  [
    'https://ContosoVault.vault.azure.net/secrets/Name',
    { vault: 'https://contosovault.vault.azure.net', name: 'Name' },
  ],
  ['https://127.0.0.1:7083/secrets/name', { vault: 'https://127.0.0.1:7083', name: 'name' }],
  ['https://vault.contoso.example:8443/secrets/name', { vault: 'https://vault.contoso.example:8443', name: 'name' }],
];

const REFUSED: [string, string][] = [
  ['nothing', ''],
  ['no URL', 'contoso.vault.azure.net/secrets/name'],
  ['http', 'http://contoso.vault.azure.net/secrets/name'],
  ['another scheme', 'file:///secrets/name'],
  ['the scheme in capitals', 'HTTPS://contoso.vault.azure.net/secrets/name'],
  ['no slashes after the scheme', 'https:contoso.vault.azure.net/secrets/name'],
  ['three slashes', 'https:///contoso.vault.azure.net/secrets/name'],
  ['backslashes', 'https:\\\\contoso.vault.azure.net\\secrets\\name'],
  ['a space before it', ' https://contoso.vault.azure.net/secrets/name'],
  ['a line break behind it', 'https://contoso.vault.azure.net/secrets/name\n'],
  ['a tab inside the host', 'https://contoso.vault\t.azure.net/secrets/name'],
  ['a line break inside the scheme', 'ht\ntps://contoso.vault.azure.net/secrets/name'],
  ['a zero byte', 'https://contoso.vault.azure.net\0.evil.example/secrets/name'],

  ['a foreign host', 'https://evil.example/secrets/name'],
  ['an address of the machine', 'https://127.0.0.1/secrets/name'],
  ['an allowed host at another port', 'https://127.0.0.1:7084/secrets/name'],
  ['an allowed host without its port', 'https://vault.contoso.example/secrets/name'],
  ['an allowed host over http', 'http://127.0.0.1:7083/secrets/name'],
  ['an allowed host below another', 'https://127.0.0.1:7083.evil.example/secrets/name'],
  ['the metadata service', 'https://169.254.169.254/secrets/name'],
  ['IPv6', 'https://[::1]/secrets/name'],
  ['IPv6 at an allowed port', 'https://[::ffff:127.0.0.1]:7083/secrets/name'],
  ['an IP address as one number', 'https://2130706433:7083/secrets/name'],
  ['an IP address in octal', 'https://0177.0.0.1:7083/secrets/name'],
  ['an IP address in hexadecimal', 'https://0x7f.0.0.1:7083/secrets/name'],
  ['a short IP address', 'https://127.1:7083/secrets/name'],
  ['localhost', 'https://localhost/secrets/name'],

  ['user information', 'https://user@contoso.vault.azure.net/secrets/name'],
  ['user information with a password', 'https://user:password@contoso.vault.azure.net/secrets/name'],
  ['a vault as user information', 'https://contoso.vault.azure.net@evil.example/secrets/name'],
  ['a vault and port as user information', 'https://contoso.vault.azure.net:443@evil.example/secrets/name'],
  ['a vault before a backslash', 'https://evil.example\\.vault.azure.net/secrets/name'],
  ['a vault behind a backslash and @', 'https://evil.example\\@contoso.vault.azure.net/secrets/name'],
  ['a vault as query', 'https://evil.example?.vault.azure.net/secrets/name'],
  ['a vault as fragment', 'https://evil.example#.vault.azure.net/secrets/name'],
  ['a vault as path', 'https://evil.example/contoso.vault.azure.net/secrets/name'],

  ['the domain without a vault', 'https://vault.azure.net/secrets/name'],
  ['an empty vault', 'https://.vault.azure.net/secrets/name'],
  ['two labels before the domain', 'https://a.contoso.vault.azure.net/secrets/name'],
  ['the domain as a part of a name', 'https://contosovault.azure.net/secrets/name'],
  ['the domain as an end of a name', 'https://contoso.evilvault.azure.net/secrets/name'],
  ['the domain as a beginning', 'https://contoso.vault.azure.net.evil.example/secrets/name'],
  ['the domain of Germany, which is gone', 'https://contoso.vault.microsoftazure.de/secrets/name'],
  ['another service of Azure', 'https://contoso.blob.core.windows.net/secrets/name'],
  ['managed HSM', 'https://contoso.managedhsm.azure.net/secrets/name'],
  ['a dot behind the host', 'https://contoso.vault.azure.net./secrets/name'],
  ['two dots in the host', 'https://contoso..vault.azure.net/secrets/name'],
  ['a Cyrillic letter', 'https://cоntoso.vault.azure.net/secrets/name'],
  ['a Cyrillic letter in the domain', 'https://contoso.vault.аzure.net/secrets/name'],
  ['a full-width dot', 'https://contoso．vault.azure.net/secrets/name'],
  ['an ideographic full stop', 'https://contoso。vault.azure.net/secrets/name'],
  ['a soft hyphen', 'https://conto\u00adso.vault.azure.net/secrets/name'],
  ['punycode', 'https://xn--contso-zxa.vault.azure.net/secrets/name'],
  ['an encoded dot', 'https://contoso%2Evault.azure.net/secrets/name'],
  ['an encoded slash in the host', 'https://evil.example%2f.vault.azure.net/secrets/name'],
  ['an underscore', 'https://contoso_1.vault.azure.net/secrets/name'],
  ['a vault that begins with a digit', 'https://1contoso.vault.azure.net/secrets/name'],
  ['a vault that ends with a hyphen', 'https://contoso-.vault.azure.net/secrets/name'],
  ['a vault name that is too short', 'https://ab.vault.azure.net/secrets/name'],
  ['a vault name that is too long', `https://${'a'.repeat(25)}.vault.azure.net/secrets/name`],

  ['another port', 'https://contoso.vault.azure.net:8443/secrets/name'],
  ['port 80', 'https://contoso.vault.azure.net:80/secrets/name'],
  ['a port with a zero before it', 'https://contoso.vault.azure.net:0443/secrets/name'],
  ['an empty port', 'https://contoso.vault.azure.net:/secrets/name'],
  ['two ports', 'https://contoso.vault.azure.net:443:443/secrets/name'],
  ['a port that overflows to 443', 'https://contoso.vault.azure.net:65979/secrets/name'],

  ['no path', 'https://contoso.vault.azure.net'],
  ['the root', 'https://contoso.vault.azure.net/'],
  ['no name', 'https://contoso.vault.azure.net/secrets'],
  ['an empty name', 'https://contoso.vault.azure.net/secrets/'],
  ['an empty name before a version', `https://contoso.vault.azure.net/secrets//${VERSION}`],
  ['two slashes at the end', 'https://contoso.vault.azure.net/secrets/name//'],
  ['two slashes before the path', 'https://contoso.vault.azure.net//secrets/name'],
  ['something behind the version', `https://contoso.vault.azure.net/secrets/name/${VERSION}/backup`],
  ['a key', 'https://contoso.vault.azure.net/keys/name'],
  ['a certificate', 'https://contoso.vault.azure.net/certificates/name'],
  ['a deleted secret', 'https://contoso.vault.azure.net/deletedsecrets/name'],
  ['the collection in capitals', 'https://contoso.vault.azure.net/Secrets/name'],
  ['a way up', 'https://contoso.vault.azure.net/secrets/../keys/name'],
  ['a name that is a way up', 'https://contoso.vault.azure.net/secrets/..'],
  ['a version that is a way up', 'https://contoso.vault.azure.net/secrets/name/..'],
  ['an encoded way up', 'https://contoso.vault.azure.net/secrets/%2e%2e/name'],
  ['an encoded slash', 'https://contoso.vault.azure.net/secrets/name%2fversion'],
  ['an encoded letter', 'https://contoso.vault.azure.net/secrets/n%61me'],
  ['a name with an underscore', 'https://contoso.vault.azure.net/secrets/a_name'],
  ['a name with a dot', 'https://contoso.vault.azure.net/secrets/a.name'],
  ['a name with a space', 'https://contoso.vault.azure.net/secrets/a name'],
  ['a name that is too long', `https://contoso.vault.azure.net/secrets/${'a'.repeat(128)}`],
  ['a path parameter', 'https://contoso.vault.azure.net/secrets/name;v=1'],
  ['a query', 'https://contoso.vault.azure.net/secrets/name?api-version=7.4'],
  ['an empty query', 'https://contoso.vault.azure.net/secrets/name?'],
  ['a fragment', 'https://contoso.vault.azure.net/secrets/name#x'],
  ['an empty fragment', 'https://contoso.vault.azure.net/secrets/name#'],
];

describe('parseVaultUrl', () => {
  it.each(ACCEPTED)('reads %s', (url, expected) => {
    expect(parseVaultUrl(url, ALLOWED)).toMatchObject(expected);
  });

  it.each(REFUSED)('refuses %s: %j', (_, url) => {
    expect(() => parseVaultUrl(url, ALLOWED)).toThrow(expect.objectContaining({ code: 'VAULT_URL_REFUSED' }));
  });

  it('allows nothing beyond Azure’s vaults unless it is told to', () => {
    expect(() => parseVaultUrl('https://127.0.0.1:7083/secrets/name')).toThrow('not a vault');
  });

  it('reads a listed host at port 443 with and without the port', () => {
    for (const authority of ['vault.contoso.example', 'vault.contoso.example:443']) {
      const { vault } = parseVaultUrl(`https://${authority}/secrets/name`, ['vault.contoso.example:443']);
      expect(vault).toBe('https://vault.contoso.example');
    }
  });

  it('does not repeat what it refuses: it may hold a password', () => {
    try {
      parseVaultUrl('https://user:hunter2@contoso.vault.azure.net/secrets/name');
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toMatch(/hunter2|contoso/);
    }
  });

  it('accepts nothing that a URL parser reads differently, whatever stands around a good address', () => {
    const good = 'https://contoso.vault.azure.net/secrets/name';
    const piece = fc.oneof(fc.string({ unit: 'binary', maxLength: 3 }), fc.constantFrom(...'/\\@:#?%.\t\n'));
    fc.assert(
      fc.property(fc.nat(good.length), piece, (at, inserted) => {
        const url = good.slice(0, at) + inserted + good.slice(at);
        try {
          const { vault, name, version } = parseVaultUrl(url);
          const parsed = new URL(url);
          expect(parsed.origin).toBe(vault);
          expect(parsed.pathname.replace(/\/$/, '')).toBe(`/secrets/${name}${version ? `/${version}` : ''}`);
          expect(parsed.username + parsed.password + parsed.search + parsed.hash).toBe('');
          expect(parsed.hostname).toMatch(/^[a-z0-9-]+\.vault\.azure\.net$/);
        } catch (error) {
          if (!isFreshetError(error, 'VAULT_URL_REFUSED')) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
