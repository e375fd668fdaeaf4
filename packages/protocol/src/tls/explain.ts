/** What failures of TLS mean to an operator. Pure. */

/**
 * Explains why a TLS connection to `peer` failed; `undefined` if the reason is not in TLS. The
 * peer's verdict on our certificate comes as an alert, ours on its own as an error of the
 * verification.
 */
export function explainTls(error: Error, peer: string): string | undefined {
  const { code = '', message, reason } = error as NodeJS.ErrnoException & { reason?: string }
  if (notTls.has(code)) return `${peer} does not speak TLS`
  if (/^ERR_SSL_.*ALERT/.test(code)) {
    return `${peer} refused our certificate, or TLS with us: ${reason ?? message}`
  }
  if (code.startsWith('ERR_SSL_')) return `no TLS connection to ${peer}: ${reason ?? message}`
  if (code.startsWith('ERR_TLS_') || verificationErrors.has(code)) {
    return `certificate of ${peer} refused: ${message}`
  }
  return undefined
}

/** OpenSSL found something else where a TLS record should begin. */
const notTls: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_HTTPS_PROXY_REQUEST',
  'ERR_SSL_UNKNOWN_PROTOCOL',
])

/**
 * The codes of `node:tls` for certificates:
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const verificationErrors: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CRL_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
