import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { readIfThere, replaceFile } from '../support/files.ts';
import { makeCertificates, type TlsFiles } from './certificate.ts';

/** A vault that runs on must not outlive its certificate. */
const RENEW_BEFORE_MS = 30 * 86_400_000;

/** The file for NODE_EXTRA_CA_CERTS. */
export const caFile = (data: string): string => path.join(data, 'ca.pem');

/** The vault's certificates, made at the first start and again before they end. All in one file, so that they always fit. */
export async function loadTls(data: string): Promise<TlsFiles> {
  const file = path.join(data, 'tls.json');
  const kept = JSON.parse((await readIfThere(file)) ?? 'null') as TlsFiles | null;
  const files = kept && goodFor(kept.certificate, RENEW_BEFORE_MS) ? kept : makeCertificates(new Date());
  if (files !== kept) await replaceFile(file, JSON.stringify(files), 0o600);
  if ((await readIfThere(caFile(data))) !== files.ca) await replaceFile(caFile(data), files.ca);
  return files;
}

function goodFor(certificate: string, ms: number): boolean {
  return new X509Certificate(certificate).validToDate.getTime() > Date.now() + ms;
}
