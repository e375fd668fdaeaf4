/** A certificate with its private key, as PEM files have them. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { OptionError } from './errors.ts'

/** Where a certificate is. */
export interface CertificateFiles {
  /** Path of a PEM file: the certificate, then those of the authorities between it and the root. */
  readonly cert: string
  /** Path of the PEM file of the private key; that of `cert` if not given. */
  readonly key?: string
}

/** What messages call the two files. */
export type CertificateLabels = Readonly<Record<keyof CertificateFiles, string>>

export interface Certificate {
  /** PEM, the chain included. */
  readonly cert: Buffer
  /** PEM. */
  readonly key: Buffer
  /** Lower-case host names of its subjectAltName; also such as `*.example.com`. */
  readonly names: readonly string[]
  readonly validFrom: Date
  readonly validTo: Date
}

/**
 * Reads and checks both files. Throws an {@link OptionError} that says what is wrong with which.
 */
export function readCertificate(
  { cert: certPath, key: keyPath = certPath }: CertificateFiles,
  labels: CertificateLabels = { cert: 'cert', key: 'key' },
): Certificate {
  const keyLabel = keyPath === certPath ? labels.cert : labels.key
  const cert = readPem(certPath, labels.cert)
  const key = keyPath === certPath ? cert : readPem(keyPath, keyLabel)
  const parsed = parseCertificate(cert, certPath, labels.cert)
  if (!parsed.checkPrivateKey(parseKey(key, keyPath, keyLabel))) {
    throw new OptionError(keyLabel, `the private key of '${certPath}'`, keyPath, {
      reason: "it belongs to another certificate; in a chain, the server's own must come first",
    })
  }
  return {
    cert,
    key,
    names: namesOf(parsed),
    validFrom: new Date(parsed.validFrom),
    validTo: new Date(parsed.validTo),
  }
}

/**
 * Reads a PEM file with the certificates of authorities. Throws an {@link OptionError} if it has
 * none.
 */
export function readAuthorities(path: string, label = 'ca'): Buffer {
  const pem = readPem(path, label)
  parseCertificate(pem, path, label)
  return pem
}

function readPem(path: string, label: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = reasons[code ?? ''] ?? message
    throw new OptionError(label, 'the path of a PEM file', path, { reason, cause })
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
}

function parseCertificate(pem: Buffer, path: string, label: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new OptionError(label, 'a PEM file with a certificate', path, {
      reason: 'it has no BEGIN CERTIFICATE, or is damaged',
      cause,
    })
  }
}

function parseKey(pem: Buffer, path: string, label: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    // OpenSSL has several errors for this, by the format of the key.
    const reason = pem.includes('ENCRYPTED')
      ? 'it is encrypted: decrypt it with openssl pkey -in FILE -out NEW'
      : 'it has no BEGIN PRIVATE KEY, or is damaged'
    throw new OptionError(label, 'a PEM file with a private key', path, { reason, cause })
  }
}

/** Those of the certificate's common name are not looked at: no browser does so any more. */
function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([^",]+)/g)].map(([, name = '']) =>
    name.toLowerCase(),
  )
}
