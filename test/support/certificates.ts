/** Certificates for tests, made when they are needed: none that is kept could outlive its dates. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface TestCertificate {
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
}

export interface CertificateDetails extends NonNullable<Parameters<typeof generate>[1]> {
  /** Days from now until it expires; negative: it has expired. */
  readonly days?: number
}

const day = 86_400_000

/** Makes a certificate for these names and 127.0.0.1, signed by itself unless `ca` is given. */
export async function makeCertificate(
  names: readonly string[],
  { days = 1, ...details }: CertificateDetails = {},
): Promise<TestCertificate> {
  const notAfterDate = new Date(Date.now() + days * day)
  const altNames = names.map((value) => ({ type: 2 as const, value }))
  const made = await generate([{ name: 'commonName', value: names[0] ?? 'test' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Math.min(Date.now(), notAfterDate.getTime()) - day),
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [...altNames, { type: 7, ip: '127.0.0.1' }] },
    ],
    ...details,
  })
  return { cert: made.cert, key: made.private }
}

/** A folder for certificates. */
export class CertificateFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'resumelb-tls-'))

  /** The path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name)
  }

  /** Writes `NAME.pem` and `NAME.key`. */
  write(name: string, { cert, key }: TestCertificate): { cert: string; key: string } {
    const files = { cert: this.file(`${name}.pem`), key: this.file(`${name}.key`) }
    writeFileSync(files.cert, `${cert.trimEnd()}\n`)
    writeFileSync(files.key, `${key.trimEnd()}\n`)
    return files
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
