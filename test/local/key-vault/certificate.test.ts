import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { makeCertificates } from '../../../local/key-vault/certificate.ts';
import { integer, objectId, octetString, time } from '../../../local/key-vault/der.ts';
import { close, listen } from '../../../local/support/http.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-03-04T05:06:07Z');

describe('DER', () => {
  test('writes lengths below 128 in one byte and others with their count of bytes', () => {
    const head = (bytes: number) =>
      octetString(Buffer.alloc(bytes))
        .subarray(0, -bytes || undefined)
        .toString('hex');
    expect([0, 127, 128, 255, 256, 65_536].map(head)).toEqual([
      '0400',
      '047f',
      '048180',
      '0481ff',
      '04820100',
      '0483010000',
    ]);
  });

  test('writes object identifiers, positive integers and times as the standards show them', () => {
    expect(objectId('1.2.840.113549').toString('hex')).toBe('06062a864886f70d');
    expect(integer(Buffer.of(0x80)).toString('hex')).toBe('02020080');
    expect(integer(Buffer.of(0x7f)).toString('hex')).toBe('02017f');
    expect(time(new Date('2049-12-31T23:59:59Z')).toString('latin1')).toBe('\x17\r491231235959Z');
    expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\x18\x0f20500101000000Z');
  });
});

describe('the certificates', () => {
  const files = makeCertificates(NOW);
  const [ca, server] = [new X509Certificate(files.ca), new X509Certificate(files.certificate)];

  test('are an authority, and a server of it for the names of this machine', () => {
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(server.ca).toBe(false);
    expect(server.verify(ca.publicKey)).toBe(true);
    expect(server.checkIssued(ca)).toBe(true);
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(server.checkHost('localhost')).toBe('localhost');
    expect(server.checkHost('example.com')).toBeUndefined();
  });

  test('are valid from the day before, for no longer than any system accepts', () => {
    expect(server.validFromDate).toEqual(new Date(NOW.getTime() - DAY_MS));
    expect(server.validToDate.getTime() - server.validFromDate.getTime()).toBeLessThanOrEqual(825 * DAY_MS);
  });

  test('are new each time', () => {
    const other = new X509Certificate(makeCertificates(NOW).certificate);
    expect(other.serialNumber).not.toBe(server.serialNumber);
    expect(other.verify(ca.publicKey)).toBe(false);
  });

  test('let a client connect that trusts the authority, and no other', async () => {
    const { ca: authority, certificate: cert, key } = makeCertificates(new Date());
    const https = createServer({ cert, key });
    const port = await listen(https, 0);
    const handshake = (trusted?: string) =>
      new Promise<string>((resolve) => {
        const socket = connect({ port, host: '127.0.0.1', ca: trusted }, () => {
          resolve(socket.authorized ? 'trusted' : 'not trusted');
          socket.destroy();
        });
        socket.on('error', (error) => resolve(error.message));
      });
    expect(await handshake(authority)).toBe('trusted');
    expect(await handshake()).toMatch(/unable to|self-signed/);
    await close(https);
  });
});
