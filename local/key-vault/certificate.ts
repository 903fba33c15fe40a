import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  bitString,
  boolean,
  field,
  integer,
  objectId,
  octetString,
  primitive,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';

export interface TlsFiles {
  /** PEM: the authority that clients are told to trust. */
  readonly ca: string;
  /** PEM: the server's certificate and its key. */
  readonly certificate: string;
  readonly key: string;
}

/** Apple's systems accept no server certificate that is valid longer than 825 days. */
const VALID_DAYS = 820;
const DAY_MS = 86_400_000;

const ECDSA_WITH_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'));
const COMMON_NAME = objectId('2.5.4.3');
const SERVER_AUTHENTICATION = objectId('1.3.6.1.5.5.7.3.1');

interface Party {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/**
 * A new authority and a certificate of it for 127.0.0.1 and localhost (X.509 as in RFC 5280). The authority's key is
 * forgotten here, and its certificate is limited to this machine's own names: whoever trusts it risks nothing.
 */
export function makeCertificates(now: Date): TlsFiles {
  const authority = newParty('Freshet local authority');
  const server = newParty('Freshet local Key Vault');
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' });
  return {
    ca: certify(authority, authority, authorityExtensions(authority), now),
    certificate: certify(server, authority, serverExtensions(server, authority), now),
    key: key.toString(),
  };
}

const newParty = (name: string): Party => ({ name, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) });

function certify(subject: Party, issuer: Party, extensions: Buffer[], now: Date): string {
  const version3 = field(0, integer(Buffer.of(2)));
  const notBefore = new Date(now.getTime() - DAY_MS);
  const notAfter = new Date(now.getTime() + VALID_DAYS * DAY_MS);
  const content = sequence(
    version3,
    // Positive and not zero, whatever the rest.
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(subject),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    field(3, sequence(...extensions)),
  );
  const signature = sign('sha256', content, issuer.privateKey);
  return pem(sequence(content, ECDSA_WITH_SHA256, bitString(signature)));
}

const distinguishedName = ({ name }: Party) => sequence(set(sequence(COMMON_NAME, utf8String(name))));

function authorityExtensions(self: Party): Buffer[] {
  const isAuthority = sequence(boolean(true));
  // Bits from the left, the first is number 0: keyCertSign is 5, cRLSign is 6.
  const keyUsage = bitString(Buffer.of(0b0000_0110), 1);
  const ownNamesOnly = field(
    0,
    Buffer.concat([sequence(dnsName('localhost')), sequence(ipAddress(127, 0, 0, 0, 255, 0, 0, 0))]),
  );
  return [
    extension('2.5.29.19', isAuthority, 'critical'),
    extension('2.5.29.15', keyUsage, 'critical'),
    extension('2.5.29.30', sequence(ownNamesOnly), 'critical'),
    extension('2.5.29.14', octetString(keyId(self))),
  ];
}

function serverExtensions(self: Party, issuer: Party): Buffer[] {
  const digitalSignature = bitString(Buffer.of(0b1000_0000), 7);
  const names = sequence(dnsName('localhost'), ipAddress(127, 0, 0, 1));
  return [
    extension('2.5.29.19', sequence(), 'critical'),
    extension('2.5.29.15', digitalSignature, 'critical'),
    extension('2.5.29.37', sequence(SERVER_AUTHENTICATION)),
    extension('2.5.29.17', names),
    extension('2.5.29.14', octetString(keyId(self))),
    extension('2.5.29.35', sequence(primitive(0, keyId(issuer)))),
  ];
}

const extension = (id: string, value: Buffer, critical?: 'critical') =>
  sequence(objectId(id), ...(critical ? [boolean(true)] : []), octetString(value));

const dnsName = (name: string) => primitive(2, Buffer.from(name));
const ipAddress = (...bytes: number[]) => primitive(7, Buffer.from(bytes));

const keyId = ({ publicKey }: Party) =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
