import tls from 'node:tls';

/** Makes clients of this process trust a certificate (PEM), as NODE_EXTRA_CA_CERTS does for a whole process. */
export function trust(certificate: string): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate]);
}
